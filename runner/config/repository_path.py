"""Paths and globs that a file names inside a repository: normal, relative, and never outside it."""

import re
from collections.abc import Iterator

_NOT_IN_A_PATH = re.compile("[\x00-\x1f\x7f\\\\]")
_GIT_FOLDERS = frozenset({".git", "git~1"})  # the second is the Windows short name of the first


def path_flaw(path: str, folder: str, *, glob: bool = False) -> str | None:
    """Why the path, relative to a folder of the repository, is refused; or None."""
    return next(_flaws(path, folder, glob=glob), None)


def _flaws(path: str, folder: str, *, glob: bool) -> Iterator[str]:
    if not path:
        yield "expected a path"
        return
    if path.startswith("/"):
        yield "expected a path relative to this file, not an absolute one"
    if path.startswith("-"):
        yield "a path may not start with -"
    if _NOT_IN_A_PATH.search(path):
        yield "a path may not contain control characters or backslashes"
    segments = path.split("/")
    if any(segment.casefold() in _GIT_FOLDERS for segment in segments):
        yield "a path may not lead into .git"
    yield from _not_normal(segments)
    if segments.count("..") > len([segment for segment in folder.split("/") if segment]):
        yield "this path points outside the repository"
    if glob and any("**" in segment and segment != "**" for segment in segments):
        yield "** must stand alone between slashes"


def _not_normal(segments: list[str]) -> Iterator[str]:
    """`.` alone, or leading `..` and then names."""
    if segments == ["."]:
        return
    if "" in segments:
        yield "expected a path without // or a trailing /"
    if "." in segments:
        yield "expected a path without ./"
    names = [segment for segment in segments if segment != ".."]
    if segments[len(segments) - len(names) :] != names:
        yield "expected .. only at the start of a path"
