"""Pure nouns: frozen values and the decisions over them. No effects, and nothing but the standard library."""
