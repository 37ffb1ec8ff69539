"""Names in the audit log for what no person did."""

DAEMON = "driftline"
RULE = "rule"  # approves where the rules ask for no person
