"""What exists in the cloud, whether or not a stack manages it."""
