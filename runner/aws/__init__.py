"""AWS: what Driftline itself reads in the accounts of the configuration. No other room that reads there imports boto3."""
