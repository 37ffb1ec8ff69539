"""What every request passes before it is answered, and what is said where it is not."""
