"""Words become windows: utterances in order, and when a window closes. Pure."""
