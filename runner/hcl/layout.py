"""Lines, indents and blanks around what is edited."""

from runner.model.accept.syntax import File
from runner.model.values.frozen import dataclass

INDENT = "  "


@dataclass(frozen=True)
class Edit:
    start: int
    end: int
    text: str


def indent_at(file: File, at: int) -> str:
    """Of the line in which this is."""
    line = file.text[file.text.rfind("\n", 0, at) + 1 :]
    return line[: len(line) - len(line.lstrip(" \t"))]


def alone(file: File, start: int) -> bool:
    """Whether nothing stands before it in its line."""
    return not file.text[file.text.rfind("\n", 0, start) + 1 : start].strip()


def ends_line(file: File, end: int) -> bool:
    """Whether nothing but a comment stands behind it in its line."""
    rest = file.text[end : end_of_line(file, end)].strip()
    return not rest or rest.startswith(("#", "//")) or (rest.startswith("/*") and rest.endswith("*/"))


def end_of_line(file: File, at: int) -> int:
    end = file.text.find("\n", at)
    end = len(file.text) if end < 0 else end
    return end - 1 if end > at and file.text[end - 1] == "\r" else end


def past_blanks(text: str, at: int) -> int:
    while text[at : at + 1] in {" ", "\t"}:
        at += 1
    return at


def past_comma(text: str, end: int) -> int:
    comma = past_blanks(text, end)
    return comma + 1 if text[comma : comma + 1] == "," else end
