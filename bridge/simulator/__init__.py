"""A stand-in for Zoom: signed webhooks, the two RTMS sockets and the chat endpoints, as strict as the real ones."""
