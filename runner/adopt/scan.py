"""Look at a directory tree, within limits: what is in each directory, and what its configuration declares."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import field
from pathlib import Path

from runner.adopt.code_folder import code_folder, settings_of
from runner.foreign.budget import Budget, TooMuch
from runner.foreign.read import Found, walk
from runner.host.files import read_foreign
from runner.model.adopt.layout import Layout
from runner.model.adopt.project import LeftOut
from runner.model.code.module import LARGEST, is_configuration
from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP, join, parent

ENTRIES = 200_000
SECONDS = 60.0
CODE_BYTES = 256 << 20
SMALL = 64 << 10
# Copies of code, and what a run of the engine leaves behind.
SKIPPED = frozenset({".git", ".terraform", ".terragrunt-cache", "node_modules", "driftline-data"})
VERSION_FILES = frozenset({".tool-versions"})
_SETTINGS = re.compile(
    r"(?:.*/)?(?:[^/]*\.tfbackend|[^/]*backend[^/]*\.(?:hcl|tfvars)|(?:backends?|envs?|environments|config)/[^/]*\.hcl)"
)
_SELECTED = Path(".terraform") / "environment"


@dataclass(frozen=True)
class Entry:
    """A name in the tree that is no directory."""

    path: str
    is_link: bool
    target: str = ""


@dataclass
class Scanned:
    """`layout` is for decisions; the entries are for discovery, which has to see the whole tree."""

    top: Path
    layout: Layout
    entries: tuple[Entry, ...] = ()


@dataclass
class _Seen:
    files: dict[str, set[str]] = field(default_factory=lambda: {TOP: set()})
    code: dict[str, dict[str, bytes]] = field(default_factory=dict)
    small: dict[str, bytes] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def scan(top: Path, budget: Budget | None = None) -> Scanned:
    """What the tree holds. Links are not followed, pipes not opened; beyond the limits it ends, and says so."""
    seen = _Seen()
    budget = budget or Budget(entries=ENTRIES, seconds=SECONDS, bytes=CODE_BYTES)
    complete = True
    try:
        for found in walk(top, budget, SKIPPED, lambda path, error: _passed(seen, path, error)):
            _note(seen, found)
    except TooMuch as error:
        complete = False
        seen.left_out.append(LeftOut(error.filename or TOP, f"not everything was read: {error.strerror}"))
    _follow_links(seen)
    layout = Layout(
        name=top.name or "root",
        files={path: frozenset(names) for path, names in seen.files.items()},
        code={path: code_folder(path, files, _selected(top, path)) for path, files in seen.code.items()},
        versions={
            path: text.decode(errors="replace")
            for path, text in seen.small.items()
            if _name(path) in VERSION_FILES
        },
        settings=dict(_settings(seen)),
        left_out=tuple(seen.left_out),
        complete=complete,
    )
    return Scanned(top, layout, tuple(seen.entries))


def _passed(seen: _Seen, path: str, error: OSError) -> None:
    seen.left_out.append(LeftOut(path, error.strerror or "it cannot be opened"))


def _note(seen: _Seen, found: Found) -> None:
    folder = parent(found.path)
    _make_known(seen, folder)
    if found.is_link:
        seen.entries.append(Entry(found.path, True, found.target().decode(errors="surrogateescape")))
        return
    if not found.is_regular:
        if is_configuration(found.name):
            seen.left_out.append(LeftOut(found.path, "it is neither a file nor a directory"))
        return
    seen.entries.append(Entry(found.path, False))
    seen.files[folder].add(found.name)
    try:
        if is_configuration(found.name):
            too_large = found.about.st_size > LARGEST
            # Unreadable as it stands: whatever it declares is unknown.
            content = b" " * (LARGEST + 1) if too_large else b"".join(found.chunks())
            seen.code.setdefault(folder, {})[found.name] = content
        elif _is_wanted(found):
            seen.small[found.path] = b"".join(found.chunks())
    except TooMuch:
        raise
    except OSError as error:
        _passed(seen, found.path, error)


def _follow_links(seen: _Seen) -> None:
    """Links to files of the same tree, as shared provider files often are; each leads one step."""
    for link in (entry for entry in seen.entries if entry.is_link):
        folder, name = parent(link.path), _name(link.path)
        target = join(folder, link.target) or TOP
        if _name(target) not in seen.files.get(parent(target), ()):
            if is_configuration(name):
                seen.left_out.append(LeftOut(link.path, "it is a symlink that leads to no file of this tree"))
            continue
        seen.files[folder].add(name)
        content = seen.code.get(parent(target), {}).get(_name(target))
        if content is not None and is_configuration(name):
            seen.code.setdefault(folder, {})[name] = content


def _is_wanted(found: Found) -> bool:
    wanted = found.name in VERSION_FILES or _SETTINGS.fullmatch(found.path) is not None
    return wanted and found.about.st_size <= SMALL


def _make_known(seen: _Seen, folder: str) -> None:
    while folder not in seen.files:
        seen.files[folder] = set()
        folder = parent(folder)


def _selected(top: Path, folder: str) -> str | None:
    """The workspace that a person selected there last."""
    with suppress(OSError, UnicodeDecodeError):
        return read_foreign(top / folder / _SELECTED, 256).decode().strip() or None
    return None


def _settings(seen: _Seen) -> "Iterator[tuple[str, dict[str, object]]]":
    for path, content in seen.small.items():
        if _SETTINGS.fullmatch(path) and (values := settings_of(content)):
            yield path, values


def _name(path: str) -> str:
    return path.rpartition("/")[2]
