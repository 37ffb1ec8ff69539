"""The artifacts of a run: kept at the server, and here only as long as that spares a call."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from runner.errors import (
    ArtifactDamaged,
    ArtifactKeyMissing,
    ArtifactNotFound,
    ArtifactStoreFailed,
    DriftlineError,
    LeaseOver,
    NotFound,
)
from runner.model.work.protocol import SMALL, Content
from runner.pool.client import WorkClient

ABOUT_THE_ARTIFACT = (ArtifactDamaged, ArtifactKeyMissing, ArtifactStoreFailed, LeaseOver, NotFound)


@dataclass
class ServedArtifacts:
    """Satisfies `ports.Artifacts`. `known` came with the claim. If `waits`, small ones go with the result of the run.

    A plan that is lost before its result is delivered is made again, with all its artifacts. What an apply keeps is sent at once.
    """

    client: WorkClient
    run: int
    fence: int
    waits: bool = False
    known: dict[tuple[int, str], bytes | None] = field(default_factory=dict)
    unsent: dict[str, bytes] = field(default_factory=dict)

    def learn(self, contents: Iterable[Content]) -> None:
        self.known |= {(one.run, one.name): one.content for one in contents}

    def put(self, run: int, name: str, content: bytes) -> str:  # noqa: ARG002 - a job writes to its own run only
        self.known.pop((self.run, name), None)
        others = sum(len(one) for other, one in self.unsent.items() if other != name)
        if self.waits and others + len(content) <= SMALL:
            self.unsent[name] = content
            return hashlib.sha256(content).hexdigest()
        self.unsent.pop(name, None)
        with _stored():
            return self.client.put_artifact(self.run, self.fence, name, content)

    def get(self, run: int, name: str) -> bytes:
        if run == self.run and name in self.unsent:
            return self.unsent[name]
        if (run, name) in self.known:
            content = self.known[run, name]
            if content is None:
                raise ArtifactNotFound(run=f"run-{run}", name=name)
            return content
        with _stored():
            return self.client.artifact(self.run, self.fence, name, of=run)

    def names(self, run: int) -> Sequence[str]:  # noqa: ARG002
        with _stored():
            return sorted({*self.client.artifact_names(self.run, self.fence), *self.unsent})

    def remove(self, run: int, name: str) -> None:  # noqa: ARG002
        self.unsent.pop(name, None)
        self.known.pop((self.run, name), None)
        with _stored():
            self.client.remove_artifact(self.run, self.fence, name)

    def to_send(self) -> tuple[Content, ...]:
        return tuple(Content.of(self.run, name, content) for name, content in self.unsent.items())


@contextmanager
def _stored() -> Iterator[None]:
    """A server that is away, or that refuses this worker's token, says nothing about the artifact or its run."""
    try:
        yield
    except ABOUT_THE_ARTIFACT:
        raise
    except DriftlineError as error:
        raise ArtifactStoreFailed(store="of the server", problem=error.message) from error
