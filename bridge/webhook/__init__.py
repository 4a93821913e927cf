"""Zoom calls us: the signature, the events, and the public routes."""
