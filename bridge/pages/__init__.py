"""What people see of their meetings: pages on the private listener, made on the server, without a build step."""
