"""What is kept of a clean check, so that the next one can do without terraform."""

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from runner.engine.json_output import JsonOutput
from runner.engine.modules.replayable import outside_induction
from runner.engine.session import Session
from runner.engine.state.digest import StateDigests
from runner.engine.warm.parts import Parts, parts_of
from runner.model.approval.binding import EngineFacts
from runner.model.changes.changes import Diagnostic
from runner.model.values.codec import from_plain, to_plain
from runner.model.warm.replay import Counts, moved, uneven
from runner.ports.engine import Fallback, Planned

if TYPE_CHECKING:
    from runner.probe.installed import Installed
    from runner.probe.recordings import Recordings
    from runner.probe.replay.shared import SharedProviders

KEY_LENGTH = 32
FILES = "a context gives it files, which have another path in each run"
_LENGTH = 4  # bytes, of the header's length


@dataclass(frozen=True)
class Replays:
    """What the replays of an installation have in common. `folder` is out of runs' reach."""

    folder: Path
    recordings: "Recordings"
    shared: "SharedProviders"
    states: StateDigests


@dataclass(frozen=True)
class Clean:
    """What a clean check said, as far as `Planned` needs it."""

    engine_version: str
    drifted_addresses: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    facts: EngineFacts


@dataclass(frozen=True)
class Record:
    """`key` is that of the answers' digests, `calls` what `runner.probe.recording` packs."""

    parts: dict[str, str]
    key: str
    seconds: float
    clean: Clean
    calls: bytes = b""

    def packed(self) -> bytes:
        header = to_plain(self)
        del header["calls"]
        content = json.dumps(header).encode()
        return len(content).to_bytes(_LENGTH) + content + self.calls

    @classmethod
    def unpacked(cls, content: bytes) -> Self:
        """ValueError or TypeError if it is none."""
        end = _LENGTH + int.from_bytes(content[:_LENGTH])
        header = json.loads(content[_LENGTH:end])
        return from_plain(cls, {**header, "calls": content[end:]})


@dataclass(frozen=True)
class Recording:
    """A check that is being recorded."""

    session: Session
    providers: "tuple[Installed, ...]"
    replays: Replays
    inputs: str
    parts: Parts
    key: bytes
    began: float

    def keep(self, planned: Planned, output: JsonOutput, calls: bytes | None) -> str:
        """Keep its calls; the reason if that cannot be."""
        refused = self._refused(output, calls)
        if refused:
            return refused
        clean = Clean(
            planned.engine_version,
            planned.drifted_addresses,
            planned.diagnostics,
            planned.warnings,
            planned.facts,
        )
        seconds = round(time.monotonic() - self.began, 3)
        record = Record(dict(self.parts), self.key.hex(), seconds, clean, calls or b"")
        try:
            self.replays.recordings.put(self.session.execution.stack.name, record.packed())
        except OSError as error:
            return f"its calls could not be kept: {error.strerror or error}"
        return ""

    def _refused(self, output: JsonOutput, calls: bytes | None) -> str:
        from runner.probe.recording import unpacked

        if calls is None:
            return "its calls were not recorded"
        said = unpacked(calls)
        if refused := next((one.refused for one in said if one.refused), ""):
            return refused
        asked = Counts(sum(one.reads for one in said), sum(one.data_reads for one in said))
        if reason := uneven(output.reads, asked):
            return reason
        now = parts_of(self.session, self.providers, self.replays.states, self.inputs)
        if isinstance(now, Fallback):
            return now.reason
        changed = moved(self.parts, now)
        return f"{changed} during the check" if changed else ""


def recording(
    session: Session, providers: "tuple[Installed, ...]", replays: Replays, inputs: str
) -> Recording | Fallback:
    """Of a check that is about to begin; a Fallback says why it could never be replayed."""
    assert session.seal is not None
    if session.read is None:
        return Fallback("its code could not be read")
    if session.contexts.folder is not None:
        return Fallback(FILES)
    seal = session.seal
    reason = outside_induction(seal.manifest.modules, session.read, seal.data, session.code)
    if reason:
        return Fallback(reason)
    parts = parts_of(session, providers, replays.states, inputs)
    if isinstance(parts, Fallback):
        return parts
    return Recording(
        session, providers, replays, inputs, parts, secrets.token_bytes(KEY_LENGTH), time.monotonic()
    )
