"""Ask Langflow: which flow hears what, the request, the client, whose turn it is, and the worker that never repeats itself."""
