"""Files of other tools are read tolerantly, each value with its line, and never beyond a limit."""

import pytest

from runner.adopt.node import MAX_BYTES, Node, read_nodes
from runner.errors import NotImportable


def read(text: str) -> Node:
    (node,) = read_nodes("tool.yaml", text.encode())
    return node


def plain(node: Node) -> object:
    if node.items:
        return {key: plain(part) for key, part in node.items.items()}
    return [plain(part) for part in node.parts] if node.parts else node.value


def test_a_merge_key_fills_in_what_a_mapping_does_not_say() -> None:
    assert plain(read("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n")) == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
    }
    assert plain(read("a: &a {x: 1}\nb: &b {y: 2}\nc: {<<: [*a, *b]}\n"))["c"] == {"x": 1, "y": 2}  # type: ignore[index]


def test_a_value_behind_an_alias_has_the_line_where_it_is_written() -> None:
    node = read("a: &a\n  x: 1\nb:\n  c: *a\n").items["b"].items["c"].items["x"]
    assert (node.key, node.line) == ("b.c.x", 2)


def test_a_version_stays_as_it_was_written() -> None:
    assert read("terraform_version: 1.10\n").items["terraform_version"].text == "1.10"


def test_a_key_that_stands_twice_is_kept_twice() -> None:
    assert plain(read("a: 1\nb: 2\na: 3\n")) == {"a": 1, "b": 2, "a (again on line 3)": 3}


def test_a_key_that_a_line_repeats_is_kept_each_time() -> None:
    kept = plain(read("{a: 1, a: 2, a: 3}\n"))
    assert kept == {"a": 1, "a (again on line 1)": 2, "a (again on line 1, column 14)": 3}


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + number)}: &{chr(98 + number)} [{', '.join([f'*{chr(97 + number)}'] * 10)}]\n"
    for number in range(9)
)
LADDER = "a0: &a0 [x]\n" + "".join(f"a{number}: &a{number} [*a{number - 1}]\n" for number in range(1, 200))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (BOMB, "more than 50,000 values"),
        (LADDER, "nesting exceeds"),
        ("a: " + "[" * 100, "nesting exceeds"),
        ("a: *b\n", "stands for nothing"),
        ("a: &a [*a]\n", "stands for nothing"),
        ("a: [\n", "line 2"),
        ("a: '\x1b[2J'\n", "U+001B"),
        ("x" * (MAX_BYTES + 1), "larger than"),
    ],
    ids=["bomb", "ladder", "deep", "unknown", "circle", "broken", "control", "large"],
)
def test_what_cannot_be_read_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(NotImportable, match=problem.replace("+", r"\+")):
        read_nodes("tool.yaml", text.encode())


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(NotImportable, match="UTF-8"):
        read_nodes("tool.yaml", b"a: \xff\n")
