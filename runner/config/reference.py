"""`${env:NAME}`, `${file:/path}` and `${cred:NAME}` in texts: secrets that a configuration names but does not contain."""

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.config.check import Complaint
from runner.config.place import KeyPath

_REFERENCE = re.compile(r"\$\{(?:(env|file|cred):)?([^}]*)\}?")
_READS = re.compile(r"\$\{\s*(?:env|file|cred)\s*:", re.IGNORECASE)
_CREDENTIAL = re.compile(r"\$\{cred:[A-Za-z0-9][A-Za-z0-9_.-]{0,254}\}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LARGEST = 64 * 1024


class Unresolved(Exception):
    """Why a reference has no value; never with the value"""


def texts(data: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Every text in plain data with its path; keys are not texts."""
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from texts(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from texts(value, (*path, index))


def foreign_references(data: Any) -> Iterator[Complaint]:
    """In a stack file only `aws.external_id` may name a credential: a commit must not read the operator's files."""
    for path, text in texts(data):
        if path == ("aws", "external_id"):
            if "${" in text and _CREDENTIAL.fullmatch(text) is None:
                yield Complaint(path, "expected a string or ${cred:NAME}")
        elif _READS.search(text):
            yield Complaint(
                path, "a stack file cannot read files, credentials or the environment of the server"
            )


def files_in(text: str) -> Iterator[Path]:
    """The files that a configuration names by `${file:...}`."""
    return (Path(match[2]) for match in _REFERENCE.finditer(text) if match[1] == "file")


def resolved(data: Any, environ: Mapping[str, str]) -> tuple[Any, list[Complaint]]:
    """The data with every reference replaced by its value, and complaints about those without one."""
    complaints: list[Complaint] = []

    def walk(value: Any, path: KeyPath) -> Any:
        if isinstance(value, dict):
            return {key: walk(inner, (*path, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner, (*path, index)) for index, inner in enumerate(value)]
        if not isinstance(value, str) or "${" not in value:
            return value
        try:
            return resolve(value, environ)
        except Unresolved as error:
            complaints.append(Complaint(path, str(error), got=False))
            return value

    return walk(data, ()), complaints


def resolve(text: str, environ: Mapping[str, str]) -> str:
    """The text with its references replaced, or Unresolved."""
    return _REFERENCE.sub(lambda match: _value(match, environ), text)


def _value(match: re.Match[str], environ: Mapping[str, str]) -> str:
    kind, name = match[1], match[2]
    if kind is None or not match[0].endswith("}"):
        raise Unresolved("${...} must be ${env:NAME}, ${file:/path} or ${cred:NAME}")
    value = {"env": _variable, "file": _file, "cred": _credential}[kind](name, environ)
    if not value or _CONTROL.search(value):
        raise Unresolved(f"{match[0]} {'contains control characters' if value else 'is empty'}")
    return value


def _variable(name: str, environ: Mapping[str, str]) -> str:
    if _VARIABLE.fullmatch(name) is None:
        raise Unresolved("${env:...} needs the name of an environment variable")
    if name not in environ:
        raise Unresolved(f"the environment variable {name} is not set")
    return environ[name]


def _file(name: str, _environ: Mapping[str, str]) -> str:
    if not name.startswith("/"):
        raise Unresolved("${file:...} needs an absolute path")
    return _content(Path(name), name)


def _credential(name: str, environ: Mapping[str, str]) -> str:
    if _CREDENTIAL.fullmatch(f"${{cred:{name}}}") is None:
        raise Unresolved("${cred:...} needs the name of a credential")
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        hint = f"systemd sets it for LoadCredential={name}:/path"
        raise Unresolved(f"credential {name} not found: CREDENTIALS_DIRECTORY is not set ({hint})")
    return _content(Path(folder) / name, f"credential {name}")


def _content(path: Path, what: str) -> str:
    """The text of a small regular file; one trailing newline is removed."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unresolved(f"{what} is not a regular file")
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        text = content.decode()
    except OSError as error:
        raise Unresolved(f"{what} cannot be read: {error.strerror}") from None
    except ValueError:
        raise Unresolved(f"{what} is not UTF-8 text") from None
    if len(content) > _LARGEST:
        raise Unresolved(f"{what} is larger than {_LARGEST // 1024} KiB")
    return text.removesuffix("\n").removesuffix("\r")
