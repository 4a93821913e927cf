"""Zoom's REST: whose token, what a meeting is called, and starting and stopping its stream."""
