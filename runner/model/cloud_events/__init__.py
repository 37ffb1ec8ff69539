"""Changes that AWS reports as they happen."""
