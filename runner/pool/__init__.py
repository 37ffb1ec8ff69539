"""A worker of a pool: takes runs from the server, executes them on this host, and reports how they end."""
