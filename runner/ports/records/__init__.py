"""What is remembered, as protocols by noun; `store.py` has all of them in one transaction."""
