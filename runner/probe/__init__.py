"""Warm probes: a provider's schema and the validation of its configuration come from a cache, all else from
the provider.
"""
