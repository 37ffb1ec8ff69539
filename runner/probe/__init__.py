"""Warm probes: a provider's schema and the validation of its configuration are answered from a cache, all else by itself."""
