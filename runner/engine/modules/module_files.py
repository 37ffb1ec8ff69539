"""Which of a folder's files an engine merges, and in which order."""

import re
from collections.abc import Iterable

from runner.model.code.module import OVERRIDE, is_configuration

_TOFU = re.compile(r"\.tofu(?=(?:\.json)?\Z)")


def in_order(names: Iterable[str]) -> list[str]:
    """The configuration files in merge order: overrides after all others."""
    found = set(filter(is_configuration, names))
    shadowed = {_TOFU.sub(".tf", name) for name in found if _TOFU.search(name)}
    return sorted(found - shadowed, key=lambda name: (OVERRIDE.fullmatch(name) is not None, name))
