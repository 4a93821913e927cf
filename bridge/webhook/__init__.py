"""Zoom calls us: the signature, the events, the public routes; and the subscription where Zoom cannot call."""
