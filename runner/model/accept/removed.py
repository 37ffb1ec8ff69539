"""Engines that know `removed {}` with `destroy = false`."""

SINCE = {"terraform": (1, 7)}


def knows_removed_blocks(engine: str, version: str) -> bool:
    """https://developer.hashicorp.com/terraform/language/block/removed; OpenTofu says it in another way."""
    since = SINCE.get(engine)
    numbers = version.split(".")[:2]
    return since is not None and all(map(str.isdigit, numbers)) and tuple(map(int, numbers)) >= since
