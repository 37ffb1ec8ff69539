"""What a worker does: plain data in, plain data out, and the world through ports. It never sees the records."""
