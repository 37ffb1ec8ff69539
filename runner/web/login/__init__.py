"""Ways to log in with a browser: a token, a code of the command line."""
