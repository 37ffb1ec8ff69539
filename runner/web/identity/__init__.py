"""Sessions of browsers: the cookie, and proof that a request comes from one of our own pages."""
