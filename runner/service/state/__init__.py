"""Managed states: their versions, the file that local runs use, and serving them to runs elsewhere."""
