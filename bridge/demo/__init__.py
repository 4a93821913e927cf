"""Everything on one machine, with no account and no key."""
