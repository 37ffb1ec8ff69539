"""History in a mirror: commits with their people, and the revision that an expression means."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from runner.errors import RevisionNotFound
from runner.model.approval.approval import Commit
from runner.model.values.paths import TOP
from runner.source import arguments
from runner.source.mirror import Mirror
from runner.source.raw_people import people

SHORT = re.compile(r"[0-9a-f]{4,64}")
STEPS = re.compile(r"(?:~\d{0,6}|\^\d?)*")
MAIL = re.compile(r"<([^<>\s]+)>")
NAME = re.compile(r"(?:^|\x1f)\s*([^<\x1f]+?)\s*<")
FIELDS = 9
ENCODING = 7
EPOCH = datetime.fromtimestamp(0, UTC)


def resolve(mirror: Mirror, expression: str) -> str:
    """The commit that `HEAD`, the branch's name or a commit id, optionally with `~2` or `^`, means on the branch."""
    base, steps = _split(expression)
    if base in {"HEAD", "@", mirror.source.branch}:
        base = arguments.HEAD
    elif not SHORT.fullmatch(base):
        raise RevisionNotFound(source=mirror.source.name, revision=expression)
    argv = arguments.rev_parse(mirror.path, base + steps)
    found = mirror.local("rev-parse", argv, allowed=(0, 1, 128)).output.decode().strip()
    if not found or not mirror.is_ancestor(found, arguments.HEAD):
        raise RevisionNotFound(source=mirror.source.name, revision=expression)
    return found


def _split(expression: str) -> tuple[str, str]:
    at = next((i for i, sign in enumerate(expression) if sign in "~^"), len(expression))
    base, steps = expression[:at], expression[at:]
    return (base, steps) if STEPS.fullmatch(steps) else ("", "")


def commit(mirror: Mirror, revision: str) -> Commit:
    argv = arguments.log(mirror.path, revision, None, "--max-count=1")
    return _read(mirror, mirror.local("log", argv).output)[0]


def commits(mirror: Mirror, old: str, new: str) -> list[Commit]:
    """The commits of `old..new`, newest first."""
    return _read(mirror, mirror.local("log", arguments.log(mirror.path, new, old)).output)


def touching(mirror: Mirror, new: str, places: Iterable[str]) -> list[Commit]:
    """Every commit up to `new` that changed one of the places, with the merges that brought such a change in.

    GitFailed if there are more than can be read in time: authors are known from all commits or not at all.
    """
    # By default git omits a side of a merge that it considers irrelevant.
    options = ("--full-history", "--show-pulls")
    named = set(places)
    # The top covers everything, even changes that no path names.
    named = set() if TOP in named else named
    argv = arguments.log(mirror.path, new, None, *options, places=sorted(named))
    return _read(mirror, mirror.local("log", argv).output)


def _read(mirror: Mirror, output: bytes) -> list[Commit]:
    """The records of arguments.COMMIT_FORMAT, whose fields and ends are all NULs."""
    fields = output.split(b"\0")
    records = [fields[at : at + FIELDS] for at in range(0, len(fields) - 1, FIELDS)]
    # git decoded these by the encoding they claim, or could not: other readings of their bytes count too.
    odd = [one[0].decode() for one in records if one[ENCODING] or not _plain(one)]
    others = people(mirror, odd) if odd else {}
    commits = [_commit([field.decode(errors="replace") for field in one]) for one in records]
    return [replace(one, also=(*one.also, *others.get(one.revision, ()))) for one in commits]


def _plain(record: list[bytes]) -> bool:
    try:
        b"\0".join(record).decode()
    except UnicodeDecodeError:
        return False
    return True


def _commit(fields: list[str]) -> Commit:
    revision, author, author_email, committer, committer_email, seconds, subject, _, trailers = fields
    return Commit(
        revision=revision,
        author=author,
        author_email=author_email,
        committer=committer,
        committer_email=committer_email,
        at=_time(seconds),
        subject=subject,
        co_authors=tuple(MAIL.findall(trailers)),
        also=tuple(NAME.findall(trailers)),
    )


def _time(seconds: str) -> datetime:
    """A commit may claim any time, even an impossible one."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return EPOCH
