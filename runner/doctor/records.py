"""What Driftline remembers: the database, and whether the clock agrees with it."""

from collections.abc import Iterator

from runner.doctor.finding import Finding, Scene, fail, failed, ok
from runner.errors import DriftlineError
from runner.store.faults import restore_hint


def database(scene: Scene) -> Iterator[Finding]:
    """Opened as every command does, then looked through: pages, references, schema, audit log."""
    path = scene.database
    if not scene.used:
        yield ok("database", f"{path} is made by the first command that needs it")
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
        yield ok("database", f"{path} is sound ({path.stat().st_size // 1024} KiB)")


def clock(scene: Scene) -> Iterator[Finding]:
    """Approvals expire and checks fall due by the clock; one that went back makes old plans look fresh."""
    now = scene.app.clock.now()
    if not scene.used:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")
        return
    try:
        with scene.app.store.reading() as reader:
            newest = next(iter(reader.audit(limit=1)), None)
    except DriftlineError as error:
        yield failed("clock", error)
        return
    if newest is not None and newest.at > now:
        yield fail(
            "clock",
            f"it is {now:%Y-%m-%d %H:%M:%S} UTC here, and the newest audit entry is of {newest.at:%Y-%m-%d %H:%M:%S}",
            "timedatectl set-ntp true   then   timedatectl status",
        )
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC, after everything that was recorded")
