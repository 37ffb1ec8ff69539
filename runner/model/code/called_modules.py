"""Checks the list of modules that `init` leaves against the places where a module may lie."""

import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

from runner.model.code.module_source import LOCAL
from runner.model.values.frozen import dataclass

FETCHED = "modules"  # below the data folder
ROOT = "."


class OddModules(ValueError):
    """The list names a folder in which the module cannot lie"""


@dataclass(frozen=True)
class CalledModule:
    """`folder` is relative to the root module, or to the data folder if `fetched`."""

    key: str  # the path of calls, such as "network.subnets"
    folder: str
    fetched: bool


def called_modules(document: Any, data: str) -> tuple[CalledModule, ...]:
    """The root module and all that it calls; OddModules if an entry does not match its source."""
    try:
        entries = [(str(one["Key"]), str(one["Source"]), str(one["Dir"])) for one in document["Modules"]]
    except (KeyError, TypeError) as error:
        raise OddModules(f"the list of modules cannot be read: {error!r}") from None
    places = {key: folder for key, _, folder in entries}
    if len(places) != len(entries):
        raise OddModules("the list of modules contains the same call twice")
    if places.get("", ROOT) != ROOT:
        raise OddModules(f"the list of modules has the root module in {places['']!r}")
    places[""] = ROOT
    return tuple(_called(key, source, places, data) for key, source, _ in entries)


def local_folders(modules: Iterable[CalledModule]) -> list[str]:
    """Folders of the root and the local modules, relative to the root."""
    return sorted({one.folder for one in modules if not one.fetched} | {ROOT})


def _called(key: str, source: str, places: Mapping[str, str], data: str) -> CalledModule:
    folder = places[key]
    if not key:
        return CalledModule("", ROOT, fetched=False)
    fetched = f"{data}/{FETCHED}"
    if source.startswith(LOCAL):
        expected = posixpath.normpath(f"{places[_caller(key, places)]}/{source}")
        if folder != expected:
            raise OddModules(f'module "{key}" with the source {source!r} is listed in {folder!r}')
        if not folder.startswith("/"):
            return CalledModule(key, folder, fetched=False)
        within = fetched
    else:
        within = f"{fetched}/{key}"
    if folder != posixpath.normpath(folder) or not f"{folder}/".startswith(f"{within}/") or folder == fetched:
        raise OddModules(f'module "{key}" is listed in {folder!r}, which is not below {within!r}')
    return CalledModule(key, posixpath.relpath(folder, data), fetched=True)


def _caller(key: str, places: Mapping[str, str]) -> str:
    """The nearest listed module above. Modules called by tests carry the test's name, which has no entry."""
    while "." in key:
        key = key.rpartition(".")[0]
        if key in places:
            return key
    return ""
