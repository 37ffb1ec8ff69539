"""A new version of a state: first its bytes, sealed, then the row that makes it the state."""

from typing import TYPE_CHECKING

from runner import failpoint
from runner.model.state.header import Header
from runner.model.state.version import Origin, StateKey, StateVersion
from runner.ports.records.states import StateWriter

if TYPE_CHECKING:
    from runner.ports.keeping import StateArchive


def record(
    archive: "StateArchive",
    writer: StateWriter,
    key: StateKey,
    content: bytes,
    header: Header,
    *,
    origin: Origin,
    by: str,
) -> StateVersion:
    """Inside the transaction of what caused it. Bytes that a crash leaves without a row are removed by retention, which
    holds the same lock on the records.
    """
    digest = archive.put(key, content)
    failpoint.reach("state.before_row")
    newest = writer.newest_state(key)
    if newest is not None and newest.digest == digest:
        return newest
    return writer.add_state_version(key, header, digest, len(content), origin, by)
