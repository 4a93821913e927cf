"""Beside the journey, a meeting for a bug report: what was heard and when, as a file that ``simulate`` plays."""
