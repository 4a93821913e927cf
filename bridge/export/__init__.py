"""Beside the journey, a meeting as a file: for people, for players, for other programs."""
