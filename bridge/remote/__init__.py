"""A running bridge, asked from outside: the commands that go through its private listener."""
