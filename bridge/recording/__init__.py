"""Beside the journey: sound and pictures of meetings become files."""
