"""Files in which version managers find the version of an engine, and what they may say."""

import re
from collections.abc import Iterator, Mapping

from runner.model.code.engines import EngineRow
from runner.model.code.tree import Tree
from runner.model.engine.constraint import satisfies
from runner.model.values.paths import TOP, parent

TOOL_VERSIONS = ".tool-versions"
# Files of version managers that decide nothing here, and the word by which they choose a version.
OTHERS: Mapping[str, str] = {
    **dict.fromkeys(("mise.toml", ".mise.toml", ".config/mise.toml"), "{tool}"),
    **dict.fromkeys(("terragrunt.hcl", "root.hcl"), "terraform_version_constraint"),
    ".tfswitchrc": "",
}
LARGEST = 1024  # bytes
# Instructions to a version manager, which leave the version to it.
NO_WISH = frozenset({"latest", "latest-stable", "latest-allowed", "min-required", "system"})
_SERIES = re.compile(r"latest:\^?(\d+)(?:\\?\.(\d+))?(?:\\?\.)?")


class NoWish(ValueError):
    """What a version file says is neither a version nor a constraint."""


def version_files(tree: Tree, folder: str, row: EngineRow) -> Iterator[str]:
    """Those that may decide for a root module, the first one first: in its folder, then in the folders above it."""
    return _named(tree, folder, (row.version_file, TOOL_VERSIONS))


def other_files(tree: Tree, folder: str, row: EngineRow) -> Iterator[tuple[str, bytes]]:
    """Those that Driftline does not read, each with the word by which it chooses a version."""
    for name, word in OTHERS.items():
        for file in _named(tree, folder, (name,)):
            if tree.is_file(file):
                yield file, word.format(tool=row.tool).encode()


def _named(tree: Tree, folder: str, names: tuple[str, ...]) -> Iterator[str]:
    while True:
        prefix = "" if folder == TOP else f"{folder}/"
        yield from (prefix + name for name in names if tree.get(prefix + name) is not None)
        if folder == TOP:
            return
        folder = parent(folder)


def said_in(file: str, content: bytes, row: EngineRow) -> str | None:
    """What it says for the engine, without comments; None if that is nothing."""
    lines = [line.partition("#")[0].strip() for line in content.decode("utf-8-sig", "replace").splitlines()]
    if file.rpartition("/")[2] != TOOL_VERSIONS:
        return " ".join(filter(None, lines))
    tools = (line.split(None, 1) for line in lines if line)
    return next((words[1] if words[1:] else "" for words in tools if words[0] == row.tool), None)


def constraint_of(said: str) -> str | None:
    """The constraint that this asks for; None if it leaves the version open."""
    if said in NO_WISH:
        return None
    if series := _SERIES.fullmatch(said):
        return f"~> {series[1]}.{series[2] or 0}" + (".0" if series[2] else "")
    try:
        satisfies("1.0.0", said)
    except ValueError as error:
        raise NoWish(said) from error
    if not said.strip(" ,"):
        raise NoWish(said)
    return said
