"""Beside the journey, meetings through flows again: nothing outside happens, and what comes out is compared and scored."""
