"""The private listener: what the bridge knows, for its operator."""
