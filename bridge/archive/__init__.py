"""What was said is found again: passages of talk and findings, by their words."""
