"""Failpoints: named places beside each durable step, where a test can kill the process or make a call fail.

`DRIFTLINE_FAILPOINTS="gate.after_commit=kill@3; file.before_rename=ENOSPC"` kills at the third pass of the
first and fails each pass of the second. Actions: `kill` (SIGKILL of this process), `raise`, `hang`,
`sleep:SECONDS`, and any name of `errno`. Without the variable a place costs one lookup in an empty
dictionary. With `DRIFTLINE_FAILPOINTS_NOTED` each place that acts first adds its name to that file, so that a
test knows it was reached.
"""

import errno
import os
import time

VARIABLE = "DRIFTLINE_FAILPOINTS"
NOTED = "DRIFTLINE_FAILPOINTS_NOTED"

POINTS: dict[str, str] = {
    "enqueue.before_commit": "a change is about to be queued",
    "claim.before_commit": "the claim's file is locked, its row is not written",
    "claim.after_commit": "the row is claimed, nothing has started",
    "plan.before_artifact": "terraform has planned, the plan is not kept",
    "artifact.before_name": "the bytes are stored, no name stands for them",
    "plan.before_commit": "the plan is kept and not recorded",
    "plan.after_commit": "the plan is offered, its claim is not released",
    "approve.before_commit": "the approval is written and not committed",
    "approve.after_commit": "the approval is durable, not yet reported",
    "gate.before_commit": "everything was checked, the start is not durable",
    "gate.after_commit": "the start is durable, nothing has started",
    "spawn.before_fork": "the shim is about to be started",
    "spawn.after_fork": "the shim is running without a supervisor",
    "shim.before_receipt": "the shim is running, terraform was never started",
    "shim.after_receipt": "the receipt is durable, terraform was not started",
    "shim.before_result": "terraform has ended, its result is not recorded",
    "shim.after_result": "the result is durable, the shim is still running",
    "record.before_commit": "the result is known and not recorded",
    "record.after_commit": "the result is recorded, the claim is not released",
    "recover.before_commit": "the leftovers of a dead process are repaired and not committed",
    "recover.after_commit": "the leftovers of a dead process are repaired",
    "events.before_commit": "changes that AWS reported are written and not committed",
    "events.after_commit": "changes that AWS reported are on record, the queue still has them",
    "report.before_commit": "drift was found, its report is not recorded",
    "report.after_commit": "the report is recorded",
    "resolve.before_commit": "a person's decision on an interrupted run is written and not committed",
    "resolve.after_commit": "a person's decision is durable, not yet reported",
    "file.before_rename": "a file is written under another name",
    "fetch.after": "new objects are in the mirror, the source does not know",
    "rename.before_commit": "a stack has taken another one's place, and it is not committed",
    "poll.before_commit": "what was discovered is written and not committed",
    "mirror.before_rename": "a new mirror is complete under another name",
    "merge.before_ref": "a pull request is merged in the mirror, no ref names the merge",
    "amend.before_ref": "a commit with accepted drift is in the mirror, no ref names it",
    "look.before_commit": "the previews of a pull request are queued and not committed",
    "preview.before_commit": "a preview has ended and is not recorded",
    "install.before_rename": "an engine is complete and told under another name",
    "install.after_rename": "an engine is in place, not yet reported",
    "state.before_row": "the bytes of a state's version are sealed, and it is not recorded",
    "state.after_row": "a state's version is recorded, the file of local runs may be another one",
    "state.after_file": "the newest version is in the file of local runs, which is not recorded",
    "seal.before_rename": "a copy of what init left is complete under another name",
    "tree.before_rename": "a tree is exported under another name",
    "key.before_link": "a new key is written under another name",
    "migrate.before_commit": "the tables are made or changed and not committed",
    "backup.before_rename": "a copy of the database is complete under another name",
    "checkpoint.before_append": "a checkpoint is about to be written",
    "checkpoint.after_append": "the checkpoint is written, not yet reported",
    "restored.before_commit": "a restored database is repaired and not committed",
    "restored.after_commit": "a restored database is repaired, without a checkpoint yet",
    "prune.after_commit": "old rows are removed, their files are not",
}


class FailpointHit(Exception):
    """a failpoint was reached"""


def armed(text: str) -> dict[str, tuple[str, int]]:
    """Action and hit of each failpoint in the variable's text; 0 means every hit. ValueError if one is unknown."""
    found: dict[str, tuple[str, int]] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, action = part.partition("=")
        action, _, hit = action.partition("@")
        if name not in POINTS:
            raise ValueError(f"{VARIABLE}: there is no failpoint {name!r}")
        found[name] = action or "raise", int(hit or 0)
    return found


_ARMED = armed(os.environ.get(VARIABLE, ""))
_HITS: dict[str, int] = {}


def reach(name: str) -> None:
    """Do what the variable says for this place; nothing if it is not mentioned."""
    if name not in _ARMED:
        return
    _HITS[name] = _HITS.get(name, 0) + 1
    action, hit = _ARMED[name]
    if hit in {0, _HITS[name]}:
        _act(name, action)


def _act(name: str, action: str) -> None:
    import signal

    _note(name)
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "hang":
        signal.pause()
    elif action.startswith("sleep:"):
        time.sleep(float(action.removeprefix("sleep:")))
    elif action == "raise":
        raise FailpointHit(name)
    else:
        raise OSError(getattr(errno, action), f"{os.strerror(getattr(errno, action))} (failpoint {name})")


def _note(name: str) -> None:
    if NOTED in os.environ:
        descriptor = os.open(os.environ[NOTED], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, f"{name}\n".encode())
        os.close(descriptor)
