"""Redaction: what must not reach a model is replaced by placeholders, and put back in what the model says."""
