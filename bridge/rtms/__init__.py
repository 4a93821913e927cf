"""Zoom's two sockets: pure state machines for signaling and media, and the one file that does I/O."""
