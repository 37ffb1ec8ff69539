"""The work API: what workers of pools ask of the server. For programs; people have the operations of `runner/api/`."""
