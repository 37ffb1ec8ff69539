"""What a worker does: plain data in, plain data out, and effects through ports. It never sees the records."""
