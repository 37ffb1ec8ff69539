"""Memory limits of processes that only parse."""

import resource


def limit_memory(limit: int) -> None:
    """Limit this process from now on: if its input is too large, it fails alone."""
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
