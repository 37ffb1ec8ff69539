import json
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import pytest
import yaml

from runner.config import walk
from runner.config.document import MAX_BYTES, read_carefully, read_quickly
from runner.config.shape import Kind, shape_of
from runner.config.stack_file import StackFileReader
from runner.config.walk import MAX_DEPTH, Odd
from runner.model.settings.source import Allow
from runner.model.stack.definition import StackDefinition

BOMBS = {
    "aliases that double": "a: &a [x, x]\n"
    + "".join(
        f"b{n}: &b{n} [*{'a' if not n else f'b{n - 1}'}, *{'a' if not n else f'b{n - 1}'}]\n"
        for n in range(60)
    ),
    "thousands of aliases": "a: &a [x, x]\n" + "".join(f"b{n}: *a\n" for n in range(5000)),
    "an alias to itself": "a: &a [*a]\n",
    "deep flow lists": "[" * 65_000,
    "deep flow maps": "{a: " * 16_000,
    "deep block lists": "- " * 32_000,
    "deep keys": "? " * 32_000,
    "deep keys in flow": "[? " * 20_000,
    "deep and closed": "[" * 32_000 + "]" * 32_000,
    "many keys": "".join(f"k{n}: 1\n" for n in range(7000)),
    "many equal keys": "a: 1\n" * 13_000,
    "many flow keys": "{" + "a," * 32_000 + "}",
    "many items": "[" + "a," * 32_000 + "]",
    "many empty lists": "[" + "[]," * 21_000 + "]",
    "many documents": "---\n" * 16_000,
    "many broken documents": "---\n{\n" * 10_900,
    "many tags": "[" + "!a b," * 12_000,
    "many stacks": "---\nname: x\n" * 5400,
    "many broken stacks": "---\nnam: x\n" * 199,
    "a long number": "name: " + "1" * 65_000,
    "a long broken quote": 'name: "' + "a" * 65_000,
    "much too large": "a" * 10_000_000,
    "control characters": "name: \x1b" + "\x00" * 60_000,
    "names of no use": "depends_on: [" + "A," * 4000 + "]\nname: x\n",
    "many dependencies": "depends_on: [" + "".join(f"a{n}," for n in range(4000)) + "]\nname: x\npaused: 1\n",
    "equal dependencies": "depends_on: [" + "a," * 4000 + "]\nname: x\n",
    "cron lines": "name: x\ndrift: {schedule: '" + "1," * 30_000 + " * * * *'}\n",
    "spans": "name: x\ntimeouts: {plan: '" + "1s" * 30_000 + "x'}\n",
    "digits of a span": "name: x\ntimeouts: {plan: '" + "1" * 60_000 + "'}\n",
    "version constraints": "name: x\nengine_version: '" + "1," * 30_000 + "x'\n",
}


def seconds(work: Callable[[], object]) -> float:
    """CPU time, so that the neighbours on this machine count little."""
    start = time.process_time()
    work()
    return time.process_time() - start


HONEST = "---\n".join(
    f"name: s{n}\nlabels: {{{', '.join(f'label{m}: it' for m in range(20))}}}\n" for n in range(199)
)


def seconds_of_an_honest_file() -> float:
    """Of as many stacks as a file may hold, on this machine at this moment."""
    reader, content = StackFileReader(), HONEST.encode()
    assert len(reader.read("stack.yaml", content, Allow())[0]) == 199
    return min(seconds(lambda: reader.read("stack.yaml", content, Allow())) for _ in range(3))


honest = cache(seconds_of_an_honest_file)


def costs_no_more_than_twice_an_honest_file(work: Callable[[], object]) -> bool:
    """The least of four times decides, and the first is mostly enough."""
    return seconds(work) < 2 * honest() or any(
        seconds(work) < 2 * seconds_of_an_honest_file() for _ in range(3)
    )


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_costs_no_more_than_twice_an_honest_file(bomb: str) -> None:
    reader, content = StackFileReader(), bomb.encode()
    assert costs_no_more_than_twice_an_honest_file(lambda: reader.read("stack.yaml", content, Allow()))
    stacks, problems = reader.read("stack.yaml", content, Allow())
    assert problems
    assert not stacks
    assert all(len(problem.message) <= 400 for problem in problems)


FILLERS = [*" 1_a/.-,*:=${[\\", "${", "../", "1.", "a:b", "0_", "[a-", "-a"]


def everywhere(long: str) -> Iterator[dict[str, Any]]:
    """A definition for each place where a text may stand."""
    for name, key in shape_of(StackDefinition).walk():
        value: Any = {Kind.TABLE: {long: long}, Kind.LIST: [long]}.get(key.shape.kind, long)
        for word in reversed(name.removeprefix("drift.ignore[].").split(".")):
            value = {word: value}
        yield {"drift": {"ignore": [value]}} if "[]" in name else value


@pytest.mark.parametrize("filler", FILLERS)
def test_no_text_takes_long_to_be_judged(filler: str) -> None:
    allow = Allow(env=("A*",), aws_roles=("arn*x*y*",))
    long = filler * (30_000 // len(filler)) + "!"
    contents = [json.dumps({"name": "x", **stack}).encode() for stack in everywhere(long)]
    contents.append(f"name: x\nvars: {{a: 1{long}}}\n".encode())
    for content in contents:
        read = partial(StackFileReader().read, "stack.yaml", content, allow)
        assert costs_no_more_than_twice_an_honest_file(read), content[:60]


def test_the_deepest_nesting_that_is_taken() -> None:
    depth = MAX_DEPTH - 2
    content = "name: x\nvars: {a: " + "[" * depth + "]" * depth + "}\n"
    assert read_quickly(content.encode())
    with pytest.raises(Odd):
        read_quickly(content.replace("[]", "[[]]").encode())
    (document,) = read_carefully(content.replace("[]", "[[]]").encode())
    assert document.flaws[0].message == "nesting exceeds 20 levels"


def test_a_file_of_64_kib_is_read_and_one_byte_more_is_not() -> None:
    content = b"name: x\n#".ljust(MAX_BYTES, b"x")
    assert read_quickly(content) == [{"name": "x"}]
    assert read_carefully(content + b"x")[0].flaws[0].message == "the file is larger than 64 KiB"


def test_places_count_characters_and_lines_as_editors_do() -> None:
    content = "\ufeffname: ü\r\nvars: {größe: x, y: &a 1}\r\n".encode()
    (document,) = read_carefully(content)
    assert document.place(("vars", "y"))[:2] == (2, 21)
    assert document.place(("vars", "y"), at_key=True)[:2] == (2, 18)
    assert document.flaws[0].place[:2] == (2, 21)


def test_text_that_is_not_utf_8_is_named_with_its_place() -> None:
    (document,) = read_carefully(b"name: x\nlabels: {a: \xff}\n")
    assert document.flaws[0].place[:2] == (2, 13)
    assert document.flaws[0].message == "the file is not UTF-8 text"


def test_the_last_lines_of_a_broken_document_never_hide_the_next() -> None:
    documents = read_carefully(b"a: 'x\n---\nb: 1\n--- \nc: {\n---\td: 1\n---\n{name: x} more\n--- {e: 1}\n")
    assert [document.data for document in documents if not document.flaws] == [{"b": 1}, {"e": 1}]


def test_a_dash_line_inside_a_text_block_belongs_to_it() -> None:
    content = b"name: x\nvars:\n  text: |\n    ---\n    more\n"
    assert read_quickly(content) == [{"name": "x", "vars": {"text": "---\nmore\n"}}]
    assert len(read_carefully(content)) == 1


def test_keys_are_text_whatever_they_look_like() -> None:
    (data,) = read_quickly(b"{1: a, no: b, 012: c, 1.10: d, 2024-01-01: e, ~: f}")
    assert list(data) == ["1", "no", "012", "1.10", "2024-01-01", "~"]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1",
        "a: [1.5, -3, +4, true, ~, x y, 'no', \"\\u00fc\"]",
        "a: >\n  b\n  c\n",
        "a: |-\n  b\n---\nb: 2",
    ],
)
def test_both_parsers_read_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = read_quickly(text.encode())
    monkeypatch.setattr(walk, "LOADER", yaml.SafeLoader)
    assert read_quickly(text.encode()) == quick == [d.data for d in read_carefully(text.encode())]
    assert quick == list(yaml.safe_load_all(text))
