"""A digest of inputs that are not fully known: what is known of them, and the repository that was looked at."""

SEEN_AT = "@"  # parts the digest of what is known from that of the whole repository


def moved(old: str, new: str) -> bool:
    """Whether what is known of the inputs is another; a commit elsewhere alone makes nothing moot that waits."""
    return old.partition(SEEN_AT)[0] != new.partition(SEEN_AT)[0]
