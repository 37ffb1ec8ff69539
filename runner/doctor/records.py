"""Driftline's records: the database, its audit log, whether the clock agrees with it, and the artifacts."""

from collections.abc import Iterable, Iterator

from runner.doctor.finding import Scene, fail, failed, ok, warn
from runner.errors import DriftlineError
from runner.model.audit.checkpoint import missing_sentence
from runner.model.audit.restored import SHOWN_FOR, detail, sentence
from runner.model.run.life import Run
from runner.model.values.clock import far_behind
from runner.ports.records.runs import RunFilter
from runner.store.faults import restore_hint
from runner.view.finding import Finding

LOOKED_AT = 50


def database(scene: Scene) -> Iterator[Finding]:
    """Opened like every command does, then checked: pages, references, schema, audit log."""
    path = scene.database
    if not scene.used:
        yield ok("database", f"the first command that needs {path} creates it")
        return
    try:
        problems = scene.app.store.problems()
    except DriftlineError as error:
        yield failed("database", error)
        return
    if problems:
        more = f" and {len(problems) - 3} more" if problems[3:] else ""
        yield fail("database", f"{path}: {'; '.join(problems[:3])}{more}", restore_hint(path))
    else:
        yield ok("database", f"{path} is valid ({path.stat().st_size // 1024} KiB)")


def audit(scene: Scene) -> Iterator[Finding]:
    """Whether the log is as new as its checkpoints, and whether there are any."""
    if not scene.used:
        yield ok("audit", "the first daemon writes checkpoints")
        return
    from runner.service.cycle.restored import find_restored, last_restore
    from runner.service.integrity.checkpoint import last_missing, was_used

    kept = scene.app.checkpoints
    chain = kept.read()
    older = find_restored(scene.app.control)
    with scene.app.store.reading() as reader:
        restored, missing = last_restore(reader), last_missing(reader)
        used = was_used(scene.app.control, reader)
    if older is not None:
        yield warn("audit", sentence(detail(older)), "driftline audit verify")
    elif missing is not None and scene.app.clock.now() - missing.at < SHOWN_FOR:
        message = f"{missing.at:%Y-%m-%d %H:%M} UTC: {missing_sentence(missing.detail)}"
        yield warn("audit", message, "driftline audit verify")
    elif chain is None or (chain.blank and used):
        yield warn("audit", f"checkpoints file {kept.place} is missing", "driftline audit verify")
    elif chain.bad_line is not None:
        message = f"line {chain.bad_line} of {kept.place} was altered"
        yield fail("audit", message, "driftline audit verify")
    elif restored is not None and scene.app.clock.now() - restored.at < SHOWN_FOR:
        message = f"{restored.at:%Y-%m-%d %H:%M} UTC: {sentence(restored.detail)}"
        yield warn("audit", message, "driftline lock list   and   driftline stack list")
    else:
        yield ok(
            "audit", f"{len(chain.checkpoints)} checkpoints in {kept.place}; the log contains the newest"
        )


def clock(scene: Scene) -> Iterator[Finding]:
    """Approvals expire and checks fall due by the clock; one that went back makes old plans look fresh."""
    now = scene.app.clock.now()
    if not scene.used:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")
        return
    try:
        with scene.app.store.reading() as reader:
            newest = reader.newest_time()
    except DriftlineError as error:
        yield failed("clock", error)
        return
    if newest is not None and newest > now:
        accept = "   and, if the clock is right now:   driftline daemon --accept-clock"
        yield fail(
            "clock",
            f"it is {now:%Y-%m-%d %H:%M:%S} UTC now, but the newest audit entry is from {newest:%Y-%m-%d %H:%M:%S}",
            "timedatectl set-ntp true   then   timedatectl status"
            + (accept if far_behind(now, newest) else ""),
        )
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC, later than all records")


def artifacts(scene: Scene) -> Iterator[Finding]:
    """Whether the key opens the newest artifact: after a restore, a missing key is noticed before an apply."""
    store = scene.app.artifacts
    place = "the bucket" if scene.settings.artifacts.store == "s3" else scene.data_dir / "artifacts"
    runs: Iterable[Run] = ()
    if scene.used:
        with scene.app.store.reading() as reader:
            runs = reader.runs(RunFilter(limit=LOOKED_AT))
    newest = next(((run, name) for run in runs for name in store.names(run.id)), None)
    if newest is None:
        yield ok(
            "artifacts", f"{place} has no artifacts of the last {LOOKED_AT} runs; new artifacts are encrypted"
        )
        return
    run, name = newest
    store.get(run.id, name)
    yield ok("artifacts", f"the key decrypts the newest artifact, {name} of {run.name}")
