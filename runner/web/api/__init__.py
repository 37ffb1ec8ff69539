"""The API over HTTP: routes made from the table of operations, and their description."""
