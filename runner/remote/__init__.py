"""Another host's Driftline: its operations over HTTP, and where logins are kept."""
