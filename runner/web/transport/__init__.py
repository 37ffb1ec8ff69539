"""Connections: how long a request may take to arrive, and who is at the other end."""
