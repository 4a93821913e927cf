"""The parts of a bridge, each built once as the operator's settings say; ``app.py`` starts and stops them."""
