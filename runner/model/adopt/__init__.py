"""What a user of another tool, or of bare folders, has: read into one form, from which stacks are made."""
