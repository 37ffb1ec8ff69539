"""The files of the exported tree that the engine loads, in the root module and in the local modules it calls."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from runner.host.files import read_foreign
from runner.model.code.module import is_configuration
from runner.model.values.frozen import dataclass

VALUES = (".tfvars", ".tfvars.json")  # besides the configuration, the files that terraform loads values from
LARGEST = 256 << 20


@dataclass(frozen=True)
class Code:
    """A root module in an exported tree, and the suffixes of its engine's files."""

    module: Path
    tree: Path
    suffixes: tuple[str, ...]


def read(code: Code, folders: Iterable[str]) -> dict[str, bytes]:
    """The content of each file, by `folder/name`; OSError for a file that no repository can contain."""
    return {name: content for folder in sorted(set(folders)) for name, content in _files(code, folder)}


def read_file(code: Code, path: Path) -> bytes:
    """Also through a link, as long as it stays inside the tree."""
    real = os.path.realpath(path)
    if not real.startswith(f"{os.path.realpath(code.tree)}/"):
        raise OSError(f"{path} points outside the repository")
    return read_foreign(real, LARGEST)


def _files(code: Code, folder: str) -> Iterator[tuple[str, bytes]]:
    path = code.module / folder
    # A list of modules can name one that this revision no longer has.
    entries = os.scandir(path) if path.is_dir() else ()
    for entry in sorted(entries, key=lambda entry: entry.name):
        wanted = is_configuration(entry.name, code.suffixes) or entry.name.endswith(VALUES)
        if wanted and entry.is_file():
            yield f"{folder}/{entry.name}", read_file(code, Path(entry.path))
