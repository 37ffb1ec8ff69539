"""Managed states: their versions, what is in one, and who may write the next one."""
