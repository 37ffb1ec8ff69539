"""What a person can ask and do, whichever way they come: each is one operation with its role, path and answer."""
