"""What was found in a stack's code, and judged, before its engine reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from runner.model.values.frozen import dataclass

if TYPE_CHECKING:
    from runner.model.code.module import Backend


@dataclass(frozen=True)
class Judged:
    """`sources` of modules are by the caller's folder, relative to the root module, and the name of the call.

    `backend` is the evaluated one, if its settings are computed. `allowed` are the operator's patterns for modules.
    """

    sources: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    backend: Backend | None = None
    computed: bool = False  # whether a source, a version or a backend is
    allowed: tuple[str, ...] = ()
    known: bool = True  # whether the code was looked at

    @property
    def computed_text(self) -> str:
        """What came out, whoever set the variables; none of it is secret."""
        found = sorted((*call, *sorted(sources)) for call, sources in self.sources.items())
        return repr((found, self.backend)) if self.computed else ""


UNKNOWN = Judged(known=False)
