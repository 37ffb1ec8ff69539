"""What is sent as it happens: the event feed and logs."""
