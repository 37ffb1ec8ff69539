"""Recording the results of workers."""
