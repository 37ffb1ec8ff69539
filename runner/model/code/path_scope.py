"""What the names in a path stand for: one folder with its locals, its variables as given, and `path.*`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.model.code.file_reads import ANY, REPOSITORY, Opaque, Reference, Template, first_of

LONGEST_PATH = 4096  # characters; nested templates could build a path of any length
DEEPEST = 64  # references to references


@dataclass
class Scope:
    """One call of a module: the values of its names."""

    folder: str
    root: str
    workspace: str | None
    values: Mapping[str, Template]
    given: Mapping[str, str | None]
    _known: dict[str, str | None] = field(default_factory=dict)
    _depth: int = 0

    def text(self, template: Template) -> str | None:
        """With ANY for a part that stays below its folder; None if that is not known."""
        parts: list[str] = []
        length = 0
        for piece in template:
            part = self._part(piece)
            if part is None:
                return None
            length += len(part)
            if length > LONGEST_PATH:
                return None
            parts.append(part)
        return "".join(parts)

    def _part(self, piece: str | Reference | Opaque) -> str | None:
        match piece:
            case str():
                return piece
            case Reference(name):
                return self._value(name)
            case Opaque():
                return ANY if self._stays_below(piece) else None

    def _value(self, name: str) -> str | None:
        if name not in self._known:
            self._known[name] = None  # in case it refers to itself
            if self._depth < DEEPEST:
                self._depth += 1
                self._known[name] = self._looked_up(name)
                self._depth -= 1
        return self._known[name]

    def _looked_up(self, name: str) -> str | None:
        fixed = {
            "path.module": f"{REPOSITORY}{self.folder}",
            "path.root": f"{REPOSITORY}{self.root}",
            "path.cwd": f"{REPOSITORY}{self.root}",
            "terraform.workspace": self.workspace,
            "count.index": ANY,
        }
        if name in fixed:
            return fixed[name]
        whole = first_of(name)
        if name in self.given or whole in self.given:
            any_ = ANY if self.given.get(whole) == ANY else None
            return self.given.get(name, any_)
        if name in self.values:
            return self.text(self.values[name])
        return self._part_of(self.values.get(whole, ()), name.removeprefix(whole))

    def _part_of(self, whole: Template, part: str) -> str | None:
        """An element of a value that is defined elsewhere or not evaluated."""
        match whole:
            case (Reference(other),):
                return self._value(other + part)
            case (Opaque() as piece,):
                return self._part(piece)
        return None

    def _stays_below(self, piece: Opaque) -> bool:
        """Whether all its parts are in the code, and none of them leads upwards."""
        return not piece.climbs and all(self._closed(name) for name in piece.references)

    def _closed(self, name: str) -> bool:
        if name.startswith("path."):
            return True
        value = self._value(name)
        return value is not None and ".." not in value
