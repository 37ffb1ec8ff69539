"""A digest of inputs that are only partly known: the known part, and the repository that was searched."""

SEEN_AT = "@"  # separates the digest of the known part from that of the whole repository


def moved(old: str, new: str) -> bool:
    """Whether the known part changed; a commit elsewhere does not supersede a waiting run."""
    return old.partition(SEEN_AT)[0] != new.partition(SEEN_AT)[0]
