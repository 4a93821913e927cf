"""Flows on a server: the files and their seal, pushed, compared and checked, over Langflow's REST."""
