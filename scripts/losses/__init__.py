"""A server and workers on hosts of their own, and everything between them that can be lost."""
