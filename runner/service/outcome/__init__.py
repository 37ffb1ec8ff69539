"""What is recorded of what a worker has done."""
