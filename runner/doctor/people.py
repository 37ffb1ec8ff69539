"""Who approves, and as which user: users who share the daemon's account share all its powers."""

import os
import pwd
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from runner.doctor.finding import Scene, existing, ok, warn
from runner.doctor.place import name_of
from runner.view.finding import Finding

LOGIN = Path("/proc/self/loginuid")
UNSET = 2**32 - 1  # no login session started this process
PEOPLE_FROM, PEOPLE_TO = 1000, 60000  # the user ids that distributions assign to people
NO_SHELLS = ("nologin", "false", "sync")
HINT = "run the daemon as a dedicated user:   sudo driftline service install   and see docs/approvals.md"


def approvers(scene: Scene) -> Iterator[Finding]:
    """Everything else that runs as the daemon's user can impersonate a person who approves as that user."""
    yield approvers_verdict(existing(scene.data_dir).stat().st_uid, os.geteuid(), _login(), _people())


def approvers_verdict(owner: int, me: int, login: int | None, people: Collection[int]) -> Finding:
    """`owner` is the user of the data directory, and so the daemon's."""
    if me != owner:
        return ok("approvers", f"you are {name_of(me)}; the daemon runs as {name_of(owner)}")
    if login is not None and login != owner:
        message = f"you logged in as {name_of(login)} but act as {name_of(owner)}, the daemon's user"
        return warn("approvers", f"{message}: any process of that user could approve in your name", HINT)
    others = sorted(set(people) - {owner})
    if others:
        shown = ", ".join(name_of(uid) for uid in others[:3])
        more = f" and {len(others) - 3} more" if others[3:] else ""
        message = (
            f"you act as {name_of(owner)}, the daemon's user, and {shown}{more} can also use this machine"
        )
        return warn("approvers", f"{message}: approvals by {name_of(owner)} do not show who gave them", HINT)
    return ok("approvers", f"{name_of(owner)} is the only person on this machine")


def _login() -> int | None:
    with suppress(OSError, ValueError):
        uid = int(LOGIN.read_text())
        return None if uid == UNSET else uid
    return None


def _people() -> list[int]:
    return [
        entry.pw_uid
        for entry in pwd.getpwall()
        if PEOPLE_FROM <= entry.pw_uid < PEOPLE_TO and not entry.pw_shell.endswith(NO_SHELLS)
    ]
