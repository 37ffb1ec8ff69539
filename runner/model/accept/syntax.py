"""Code as it stands in a file: every value with its place, so that one of them can be exchanged and nothing else."""

from enum import StrEnum

from runner.model.values.frozen import dataclass


class Style(StrEnum):
    """How a constant is spelled."""

    BARE = "bare"  # a number, true, false, null; in YAML also a text
    QUOTED = "quoted"
    SINGLE = "single"  # YAML's single quotes
    HEREDOC = "heredoc"  # with its markers; in YAML a block scalar


@dataclass(frozen=True)
class Constant:
    """A value that is written out."""

    start: int
    end: int
    value: str | int | float | bool | None
    style: Style = Style.BARE


@dataclass(frozen=True)
class Entry:
    """`start` is where its key begins."""

    key: str
    start: int
    node: "Node"


@dataclass(frozen=True)
class Entries:
    """A map with constant keys. `flow` is False only for a YAML mapping in lines."""

    start: int
    end: int
    entries: tuple[Entry, ...]
    flow: bool = True

    def get(self, key: str) -> Entry | None:
        """Of two equal keys the last one counts, as for the engine."""
        return next((one for one in reversed(self.entries) if one.key == key), None)


@dataclass(frozen=True)
class Items:
    start: int
    end: int
    items: "tuple[Node, ...]"
    flow: bool = True


@dataclass(frozen=True)
class Call:
    start: int
    end: int
    name: str
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True)
class Reference:
    """`var.sizes["a"]`: a root, and what is taken of it. `splat` if it takes of each element."""

    start: int
    end: int
    root: str
    steps: "tuple[str | Node, ...]" = ()
    splat: bool = False


@dataclass(frozen=True)
class Other:
    """An expression that is worked out: a template, a condition, a loop, arithmetic."""

    start: int
    end: int


Node = Constant | Entries | Items | Call | Reference | Other


@dataclass(frozen=True)
class Attribute:
    name: str
    start: int
    node: Node


@dataclass(frozen=True)
class Block:
    kind: str
    labels: tuple[str, ...]
    start: int
    end: int  # past its closing brace
    body: "Body"


@dataclass(frozen=True)
class Body:
    """What is between two braces, or a whole file. In JSON, blocks are attributes like all others."""

    start: int
    end: int
    attributes: tuple[Attribute, ...] = ()
    blocks: tuple[Block, ...] = ()

    def attribute(self, name: str) -> Attribute | None:
        return next((one for one in self.attributes if one.name == name), None)

    def of_kind(self, kind: str) -> tuple[Block, ...]:
        return tuple(one for one in self.blocks if one.kind == kind)

    def dynamic(self, kind: str) -> Block | None:
        return next((one for one in self.of_kind("dynamic") if one.labels == (kind,)), None)


class Form(StrEnum):
    HCL = "hcl"
    JSON = "json"  # of configuration, where texts are templates
    VALUES = "values"  # JSON of values, where they are not
    YAML = "yaml"


@dataclass(frozen=True)
class File:
    """A file of the repository, decoded."""

    path: str
    text: str
    form: Form

    def line(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1

    def of(self, node: Node) -> str:
        return self.text[node.start : node.end]


@dataclass(frozen=True)
class Placed:
    """A value in a file."""

    file: File
    node: Node


@dataclass(frozen=True)
class PlacedBody:
    """A block in a file; `start` and `end` are those of the whole block. In JSON it is an entry of an object."""

    file: File
    body: Body
    start: int
    end: int
    within: tuple[Entries, Entry] | None = None
