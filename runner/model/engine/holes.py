"""The releases of the engines that mend serious holes."""

from collections.abc import Mapping

from runner.model.code.engines import Version
from runner.model.engine.constraint import padded, parse
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Floor:
    """The oldest release without a serious hole, and the oldest without any known one; each with what older ones allow."""

    warn_below: Version
    hole: str
    advisory: str
    advised: Version
    flaw: str


FLOORS: Mapping[str, Floor] = {
    "terraform": Floor(
        (1, 14, 9), "a module address may read any file", "CVE-2026-4660",
        (1, 15, 4), "a module package may write through a symlink (#38611)",
    ),
    "tofu": Floor(
        (1, 11, 10), "a module address may read any file", "GHSA-q7j3-v8qv-22vq",
        (1, 12, 6), "a redirect may receive credentials",
    ),
}  # fmt: skip


def older_than(engine: str, version: str) -> str | None:
    """Such as `older than 1.14.9: a module address may read any file`; None if it has no serious hole."""
    floor = FLOORS[engine]
    if padded(parse(version)[0]) >= floor.warn_below:
        return None
    return f"older than {dotted(floor.warn_below)}: {floor.hole}"


def dotted(version: Version) -> str:
    return ".".join(map(str, version))
