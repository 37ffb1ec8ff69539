"""The directories of a repository, as far as their files say what they are."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from runner.model.adopt.project import LeftOut
from runner.model.code.module import ModuleFacts
from runner.model.values.frozen import dataclass
from runner.model.values.paths import TOP, parent


@dataclass(frozen=True)
class CodeFolder:
    """A directory with configuration files."""

    path: str
    facts: ModuleFacts
    providers: tuple[str, ...] = ()  # those that a block configures
    calls: frozenset[str] = frozenset()  # local directories that it calls as modules
    reads_workspace: bool = False
    workspaces: tuple[str, ...] = ()  # names that the code compares terraform.workspace with
    selected: str | None = None  # by .terraform/environment
    is_tofu: bool = False


@dataclass(frozen=True)
class Layout:
    """`files` are the names in each directory. `name` is that of the top directory."""

    name: str = "root"
    files: Mapping[str, frozenset[str]] = field(default_factory=dict)
    code: Mapping[str, CodeFolder] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)  # content of version files, by path
    settings: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict
    )  # of files for -backend-config, by path
    left_out: tuple[LeftOut, ...] = ()
    complete: bool = True

    def has_folder(self, path: str) -> bool:
        return path in self.files

    def has_file(self, path: str) -> bool:
        return path.rpartition("/")[2] in self.files.get(parent(path), ())

    def above(self, folder: str) -> tuple[str, ...]:
        """The directory, and those around it up to the top."""
        found = [folder]
        while found[-1] != TOP:
            found.append(parent(found[-1]))
        return tuple(found)
