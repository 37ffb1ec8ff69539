"""The server configuration: its location, its contents, and its problems."""

import dataclasses
import os
import shlex
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.config.check import Complaint, Unsound, build
from runner.config.document import read_carefully, read_quickly
from runner.config.fit import Unfit, fit
from runner.config.place import Document, Flaw, KeyPath, Place
from runner.config.reference import resolved, variables
from runner.config.server_rules import server_complaints
from runner.config.shape import shape_of
from runner.config.walk import Odd
from runner.errors import BadConfig
from runner.model.settings.server import Settings
from runner.model.values.problem import Problem

VARIABLE = "DRIFTLINE_CONFIG"
_NO_FILE = "driftline init   or, to use the server of an installation elsewhere:   driftline login URL"


def find_config(explicit: Path | str | None = None) -> Path:
    """The configuration in use, or BadConfig naming every place that was searched."""
    for what, chosen in (("-c/--config", explicit), (VARIABLE, os.environ.get(VARIABLE))):
        if chosen:
            if not Path(chosen).is_file():
                raise BadConfig(f"configuration {chosen} not found (set by {what})", hint="driftline init")
            return Path(chosen)
    places = [
        Path("driftline.yaml"),
        Path("~/.config/driftline/config.yaml").expanduser(),
        Path("/etc/driftline/config.yaml"),
    ]
    for place in places:
        if place.is_file():
            return place
    looked = "".join(f"\n  {place}" for place in ["-c/--config", VARIABLE, "./driftline.yaml", *places[1:]])
    raise BadConfig(f"no configuration found; searched:{looked}", hint=_NO_FILE)


def load(path: Path, *, unread: Collection[KeyPath] = ()) -> Settings:
    """The settings of a configuration file, or BadConfig with all of its problems.

    Secrets in the `unread` parts are not looked up; the settings hold the references to them.
    """
    settings, found = check(path, unread=unread)
    if settings is None or found:
        count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
        lines = "".join(f"\n  {problem}" for problem in found)
        raise BadConfig(
            f"the configuration has {count}:{lines}",
            hint=f"driftline config validate {shlex.quote(str(path))}",
        )
    return settings


def named_variables(path: Path, *, unread: Collection[KeyPath]) -> frozenset[str]:
    """The environment variables that a sound configuration refers to outside the `unread` parts."""
    return variables(read_carefully(path.read_bytes())[0].data, unread)


def check(
    path: Path, environ: Mapping[str, str] | None = None, *, unread: Collection[KeyPath] = ()
) -> tuple[Settings | None, list[Problem]]:
    """The settings if the file is sound, otherwise its problems, each with its location."""
    environ = os.environ if environ is None else environ
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadConfig(
            f"{path} cannot be read: {error.strerror}", hint=f"ls -l {shlex.quote(str(path))}"
        ) from None
    folder = path.resolve().parent
    try:
        documents = read_quickly(content)
        data, unresolved = resolved(documents[0] if len(documents) == 1 else None, environ, unread)
        settings = _settled(fit(shape_of(Settings), data), folder)
        if not unresolved and next(server_complaints(settings), None) is None:
            return settings, []
    except (Odd, Unfit):
        pass
    return _explained(str(path), content, folder, environ, unread)


def placed(path: Path, complaints: Sequence[Complaint]) -> list[Problem]:
    """Complaints about a sound configuration, each with its location."""
    if not complaints:
        return []
    from runner.config.problems import problems

    return problems(str(path), read_carefully(path.read_bytes())[0], shape_of(Settings), complaints)


def _explained(
    file: str, content: bytes, folder: Path, environ: Mapping[str, str], unread: Collection[KeyPath]
) -> tuple[Settings | None, list[Problem]]:
    """The careful way; it may still succeed, as with a plain `off` where a choice has that word."""
    from runner.config.problems import problems

    documents = read_carefully(content)
    if not documents:
        return None, [Problem(file, 1, 1, "the configuration is empty")]
    document, *others = documents
    for other in others:
        place = other.flaws[0].place if other.flaws else other.place(())
        document.flaws.append(
            Flaw((), Place(*place[:2]), "a configuration must be one YAML document; remove the others")
        )
    settings, complaints = _judged(document, folder, environ, unread)
    found = problems(file, document, shape_of(Settings), complaints)
    return (None if found else settings), found


def _judged(
    document: Document, folder: Path, environ: Mapping[str, str], unread: Collection[KeyPath]
) -> tuple[Settings | None, list[Complaint]]:
    if not document.complete:
        return None, []
    from runner.config.problems import doubts

    complaints = doubts(document, shape_of(Settings))
    data, unresolved = resolved(document.data, environ, unread)
    complaints += unresolved
    broken = [complaint.path for complaint in unresolved]
    try:
        settings = build(Settings, data)
    except Unsound as error:
        complaints += error.complaints
        broken += [complaint.path for complaint in error.complaints]
        settings = error.rest
    if settings is not None:
        said = server_complaints(_settled(settings, folder))
        complaints += [c for c in said if not any(c.path[: len(path)] == path for path in broken)]
    return settings and _settled(settings, folder), complaints


def _settled(value: Any, folder: Path) -> Any:
    """The same with every path absolute: `~` is the home folder, others are relative to the configuration."""
    if isinstance(value, Path):
        home = value.parts[:1] == ("~",)
        return Path(os.path.normpath(folder / (value.expanduser() if home else value)))
    if isinstance(value, tuple):
        return tuple(_settled(item, folder) for item in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    changed = {f.name: _settled(getattr(value, f.name), folder) for f in dataclasses.fields(value)}
    return dataclasses.replace(value, **changed)
