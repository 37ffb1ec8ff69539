"""An engine and its providers, as a plan with warm providers needs to know them."""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum

from runner.model.code.engines import ENGINES
from runner.model.values.frozen import dataclass

# What providers are asked about, by provider address: `resource aws_vpc`, `data aws_vpc`; `unread data aws_vpc` for a data
# source that the plan leaves to the apply.
Types = Mapping[str, tuple[str, ...]]


class Way(StrEnum):
    """How a plan or a check was made."""

    PLAIN = "plain"
    COMPARED = "compared"  # both ways, and the answers are compared
    PROBED = "probed"  # with warm providers
    REPLAYED = "replayed"  # by providers alone: each gave the answers of an earlier check
    FAILED = "failed"  # it got no answer


@dataclass(frozen=True)
class Provider:
    """A provider that `init` installed; the checksum covers its whole package."""

    name: str  # registry.terraform.io/hashicorp/aws 5.100.0
    checksum: str

    @property
    def address(self) -> str:
        """Without its version."""
        return self.name.rpartition(" ")[0]

    def is_called(self, name: str) -> bool:
        """Whether a person means it by this name; a short name matches every engine's own registry."""
        return not _meanings(self.name).isdisjoint(_meanings(name))


def _meanings(name: str) -> frozenset[str]:
    """The full names that a name may stand for; older records have short ones."""
    if name.count("/") > 1:
        return frozenset({name})
    return frozenset(f"{row.registry}/{name}" for row in ENGINES.values())


@dataclass(frozen=True)
class Ready:
    """Warm providers can be tried, with this engine."""

    engine: str  # binary and version
    providers: tuple[Provider, ...]

    def mark(self, inputs: str) -> str:
        """Digest of everything that must be unchanged for an earlier comparison to count."""
        content = [inputs, self.engine, sorted((one.name, one.checksum) for one in self.providers)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()
