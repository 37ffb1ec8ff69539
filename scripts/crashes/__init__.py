"""Kill the daemon at random moments, and look whether anything was lost, repeated or recorded wrongly."""
