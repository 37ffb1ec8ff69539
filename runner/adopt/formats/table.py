"""The formats, one row each: detected by the usual path of the file, otherwise by its keys."""

from collections.abc import Callable, Sequence

from runner.adopt.formats import atlantis, digger, listed, terrateam
from runner.adopt.node import Node
from runner.adopt.reading import Reading
from runner.model.adopt.layout import Layout
from runner.model.adopt.project import Project
from runner.model.values.frozen import dataclass

Read = Callable[[Sequence[Reading], Layout], list[Project]]


@dataclass(frozen=True)
class Format:
    """`paths` are relative to the top of a repository."""

    name: str
    product: str
    paths: tuple[str, ...]
    shows: Callable[[Node], bool]
    read: Read


FORMATS: tuple[Format, ...] = (
    Format("atlantis", "Atlantis", ("atlantis.yaml", "repos.yaml"), atlantis.shows, atlantis.read),
    Format("digger", "Digger", ("digger.yml", "digger.yaml"), digger.shows, digger.read),
    Format(
        "terrateam",
        "Terrateam",
        (".terrateam/config.yml", ".terrateam/config.yaml"),
        terrateam.shows,
        terrateam.read,
    ),
    Format("list", "another tool", (), listed.shows, listed.read),
)
BY_NAME = {row.name: row for row in FORMATS}


def detected(path: str, top: Node) -> Format | None:
    """By the end of the path, if it is nobody else's; then by the keys."""
    named = [row for row in FORMATS if any(f"/{path}".endswith(f"/{usual}") for usual in row.paths)]
    return next((row for row in named + list(FORMATS) if row.shows(top)), named[0] if named else None)
