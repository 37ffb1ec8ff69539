"""The records as protocols, one module per noun; `store.py` combines them in one transaction."""
