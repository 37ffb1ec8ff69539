"""What a process that only reads may take."""

import resource


def limit_memory(limit: int) -> None:
    """Of this process, from now on: whatever it reads, it fails alone."""
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
