"""Known holes of the engines, and the releases that mend them: the advisories of both projects up to November 2026."""

from collections.abc import Mapping

from runner.model.code.engines import Version
from runner.model.engine.constraint import padded, parse
from runner.model.values.frozen import dataclass


@dataclass(frozen=True)
class Hole:
    """`mended` has the first release of each series that got the fix; every later series has it too.

    A serious one lets a repository reach beyond what a run may touch.
    """

    allows: str
    advisory: str
    mended: tuple[Version, ...]
    serious: bool = False

    def is_in(self, version: Version) -> bool:
        if any(version[:2] == fixed[:2] for fixed in self.mended):
            return not any(version[:2] == fixed[:2] and version >= fixed for fixed in self.mended)
        return version < self.mended[-1]

    def mended_after(self, version: Version) -> Version:
        return next(fixed for fixed in self.mended if fixed > version)

    def sentence(self, version: Version) -> str:
        return f"{self.allows} ({self.advisory}, fixed in {dotted(self.mended_after(version))})"


HOLES: Mapping[str, tuple[Hole, ...]] = {
    "terraform": (
        Hole("a module address may read any file", "CVE-2026-4660", ((1, 14, 9),), serious=True),
        Hole("a module package may write anywhere in init", "CVE-2023-4782", ((1, 5, 7),), serious=True),
        Hole("the Git configuration of a module may start programs", "CVE-2024-6257", ((1, 9, 1),), serious=True),
        Hole("a module package may write through a symlink", "#38611", ((1, 15, 4),)),
    ),
    "tofu": (
        Hole(
            "a module address may read any file", "GHSA-q7j3-v8qv-22vq", ((1, 11, 10), (1, 12, 3)), serious=True
        ),
        Hole("init may write through a symlink in .terraform", "GHSA-wcmj-x466-56mm", ((1, 10, 10), (1, 12, 0))),
        Hole("a TLS certificate may name an excluded host", "GHSA-mjcp-gpgx-ggcg", ((1, 10, 8), (1, 11, 0))),
        Hole("a server may exhaust init", "GHSA-pxh5-6rrc-8rjv", ((1, 11, 8), (1, 12, 0))),
        Hole("a module package may exhaust init", "GHSA-w2jf-268q-mrvh", ((1, 10, 7), (1, 11, 0))),
        Hole("a redirect may receive credentials of a registry", "#4422", ((1, 12, 6),)),
    ),
}  # fmt: skip


def holes_of(engine: str, version: str) -> tuple[Hole, ...]:
    """The serious ones first, and of each kind the one that needs the newest release."""
    numbers = padded(parse(version)[0])
    found = [hole for hole in HOLES[engine] if hole.is_in(numbers)]
    return tuple(sorted(found, key=lambda hole: (hole.serious, hole.mended_after(numbers)), reverse=True))


def older_than(engine: str, version: str) -> str | None:
    """Such as `older than 1.14.9: a module address may read any file`; None if it has no serious hole."""
    first = next(iter(holes_of(engine, version)), None)
    if first is None or not first.serious:
        return None
    return f"older than {dotted(first.mended_after(padded(parse(version)[0])))}: {first.allows}"


def advised(engine: str) -> Version:
    """The oldest release without any known hole."""
    return max(hole.mended[-1] for hole in HOLES[engine])


def dotted(version: Version) -> str:
    return ".".join(map(str, version))
