"""Findings that wait until somebody lets them out."""
