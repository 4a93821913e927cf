"""Ask Langflow: which flow hears what, the request, the client, and the worker that never repeats itself."""
