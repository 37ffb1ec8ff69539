"""Artifacts: immutable bytes named by their digest, with a name for each run. Satisfies `ports.Artifacts`.

The bytes of a digest are written once and never again, encrypted; the digest is that of the clear text, since
approvals are bound to it. A name refers to one digest; a run that is planned again after a crash stores its
plan under the same name, and a holder of the old digest notices the difference.
"""

import hashlib
import re
from collections.abc import Sequence

from runner import failpoint
from runner.artifact.seal import NotOpened, OtherKey, Seal
from runner.artifact.shelf import Shelf
from runner.errors import ArtifactDamaged, ArtifactKeyMissing, ArtifactNotFound

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DIGEST = re.compile(rb"[0-9a-f]{64}")


class ArtifactStore:
    """The same on every shelf: `run-7/names/plan.tfplan` contains a digest, `run-7/sha256/<digest>` the sealed bytes."""

    def __init__(self, shelf: Shelf, seal: Seal) -> None:
        self.shelf = shelf
        self.seal = seal

    def put(self, run: int, name: str, content: bytes) -> str:
        key = _name_key(run, name)
        digest = hashlib.sha256(content).hexdigest()
        before = self._digest(key)
        place = _blob_key(run, digest)
        self.shelf.write_once(place, self.seal.close(content, place))
        failpoint.reach("artifact.before_name")
        if before != digest:
            self.shelf.write(key, digest.encode())
            self._drop(run, before)
        return digest

    def get(self, run: int, name: str) -> bytes:
        digest = self._digest(_name_key(run, name))
        if digest is None:
            raise ArtifactNotFound(run=f"run-{run}", name=name)
        place = _blob_key(run, digest)
        try:
            content = self.seal.open(self.shelf.read(place), place)
        except KeyError:
            raise ArtifactNotFound(run=f"run-{run}", name=name) from None
        except NotOpened:
            raise ArtifactDamaged(run=f"run-{run}", name=name, digest=digest) from None
        except OtherKey as other:
            known = ", ".join(other.known) or "none"
            raise ArtifactKeyMissing(run=f"run-{run}", name=name, wanted=other.wanted, known=known) from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise ArtifactDamaged(run=f"run-{run}", name=name, digest=digest)
        return content

    def names(self, run: int) -> Sequence[str]:
        return sorted(self.shelf.list(f"run-{run}/names"))

    def remove(self, run: int, name: str) -> None:
        """Needs no key: retention works even if one is lost."""
        key = _name_key(run, name)
        digest = self._digest(key)
        self.shelf.remove(key)
        self._drop(run, digest)

    def _digest(self, key: str) -> str | None:
        try:
            raw = self.shelf.read(key)
        except KeyError:
            return None
        if _DIGEST.fullmatch(raw) is None:
            run, _, name = key.partition("/names/")
            raise ArtifactDamaged(run=run, name=name, digest=f"its own record is damaged, {len(raw)} bytes")
        return raw.decode()

    def _drop(self, run: int, digest: str | None) -> None:
        """Remove bytes that no name of the run refers to."""
        if digest is not None and all(
            self._digest(_name_key(run, name)) != digest for name in self.names(run)
        ):
            self.shelf.remove(_blob_key(run, digest))


def _name_key(run: int, name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise ArtifactNotFound(run=f"run-{run}", name=name)
    return f"run-{run}/names/{name}"


def _blob_key(run: int, digest: str) -> str:
    return f"run-{run}/sha256/{digest}"
