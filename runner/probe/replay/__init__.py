"""Repeats a check by asking the providers again, without terraform."""
