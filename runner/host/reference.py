"""`${env:NAME}`, `${file:/path}` and `${cred:NAME}`: texts that name a secret and do not contain it.

`${aws-secret:NAME}` and `${aws-ssm:NAME}` name one that is fetched. Whoever resolves those brings the way to fetch.
"""

import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from runner.model.values.regex import regex

# Where the unit's credentials are for commands of its user, while the service runs: systemd.exec(5).
OF_THE_SERVICES = ("/run/credentials/driftline.service", "/run/credentials/driftline-worker.service")
FETCHED = ("aws-secret", "aws-ssm")
Fetch = Callable[[str, str], str]  # the kind and the name to the value; Unresolved where there is none
_REFERENCE = regex(r"\$\{(?:(env|file|cred|aws-secret|aws-ssm):)?([^}]*)\}?")
_NAME = regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}")
_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_FETCHED_NAME = regex(r"[A-Za-z0-9/_+=.@:-]{1,2048}")
_CONTROL = regex("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LARGEST = 64 * 1024


class Unresolved(Exception):
    """Why a reference has no value; never with the value"""


def never_fetched(kind: str, name: str) -> str:
    raise Unresolved(f"${{{kind}:{name}}} can only be used in contexts")


def check(text: str) -> None:
    """Unresolved if a reference is not written as one; whether it has a value is another question."""
    for match in _REFERENCE.finditer(text):
        kind, name = match[1], match[2]
        if kind is None or not match[0].endswith("}"):
            known = ", ".join(f"${{{each}:...}}" for each in _NAMES)
            raise Unresolved(f"{match[0]} must be one of {known}{_meant(name)}")
        if _NAMES[kind].fullmatch(name) is None:
            raise Unresolved(f"${{{kind}:...}} needs {_MEANINGS[kind]}")


def _meant(written: str) -> str:
    """The kind that a mistyped one is closest to."""
    from difflib import get_close_matches

    kind, colon, _ = written.partition(":")
    close = get_close_matches(kind, _NAMES, 1) if colon else []
    return f" (did you mean ${{{close[0]}:...}}?)" if close else ""


def references_in(text: str) -> Iterator[str]:
    """Each reference in the text by itself."""
    return (match[0] for match in _REFERENCE.finditer(text) if match[1] is not None)


def refers(text: str) -> bool:
    return "${" in text


def files_in(text: str) -> Iterator[Path]:
    """The files that a text names by `${file:...}`."""
    return (Path(match[2]) for match in _REFERENCE.finditer(text) if match[1] == "file")


def variables_in(text: str) -> Iterator[str]:
    """The environment variables that a text names by `${env:...}`."""
    return (match[2] for match in _REFERENCE.finditer(text) if match[1] == "env")


def replaced(text: str, value_of: Callable[[str], str]) -> str:
    """The text with the value of each of its references in its place."""
    return _REFERENCE.sub(lambda match: value_of(match[0]), text)


def resolve(text: str, environ: Mapping[str, str], fetch: Fetch = never_fetched) -> str:
    """The text with its references replaced, or Unresolved."""
    return _REFERENCE.sub(lambda match: _value(match, environ, fetch), text)


def _value(match: re.Match[str], environ: Mapping[str, str], fetch: Fetch) -> str:
    kind, name = match[1], match[2]
    if kind is None or not match[0].endswith("}"):
        raise Unresolved("${...} must be ${env:NAME}, ${file:/path} or ${cred:NAME}")
    value = fetch(kind, name) if kind in FETCHED else _LOCAL[kind](name, environ)
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise Unresolved(f"{match[0]} is not UTF-8 text")
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


def is_credential(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def _credential(name: str, environ: Mapping[str, str]) -> str:
    if not is_credential(name):
        raise Unresolved("${cred:...} needs the name of a credential")
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if folder:
        return _content(Path(folder) / name, f"credential {name}")
    for folder in OF_THE_SERVICES:
        with suppress(Unresolved):
            return _content(Path(folder) / name, name)
    hint = f"systemd sets it for LoadCredential={name}:/path"
    raise Unresolved(f"credential {name} not found: CREDENTIALS_DIRECTORY is not set ({hint})")


_NAMES: Mapping[str, re.Pattern[str]] = {
    "env": _VARIABLE,
    "file": regex(r"/.+"),
    "cred": _NAME,
    **dict.fromkeys(FETCHED, _FETCHED_NAME),
}
_MEANINGS: Mapping[str, str] = {
    "env": "the name of an environment variable",
    "file": "an absolute path",
    "cred": "the name of a credential",
    **dict.fromkeys(FETCHED, "the name or the ARN of a secret"),
}
_LOCAL: Mapping[str, Callable[[str, Mapping[str, str]], str]] = {
    "env": _variable,
    "file": _file,
    "cred": _credential,
}


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
