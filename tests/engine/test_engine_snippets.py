"""The code that terraform shows with a diagnostic: what is marked in it, what is known of its values, and no secret."""

from typing import Any

import pytest

from runner.engine.redaction import Redaction
from runner.engine.snippet import read_snippet
from runner.model.changes.changes import MASK
from runner.model.changes.snippet import (
    LONGEST_LINE,
    MAX_LINES,
    MAX_VALUES,
    Snippet,
    code_rows,
    masked_snippet,
)


def read(code: str, mark: str = "", *secrets: str, **more: Any) -> Snippet:
    """A snippet in which `mark` is highlighted, read by a run that knows these secrets."""
    before, _, _ = code.partition(mark)
    start, end = len(before.encode()), len((before + mark).encode())
    raw = {
        "code": code,
        "start_line": 7,
        "highlight_start_offset": start,
        "highlight_end_offset": end,
        **more,
    }
    found = read_snippet(raw, Redaction(secrets))
    assert found is not None
    return found


def marked(of: Snippet) -> str:
    return of.code[of.start : of.end]


def value(name: str, said: str) -> dict[str, str]:
    return {"traversal": name, "statement": said}


def test_offsets_are_of_bytes_and_the_mark_is_of_characters() -> None:
    assert marked(read('  input = "é${nope.x}"', "nope.x")) == "nope.x"


def test_the_mark_stands_under_wide_characters_as_a_terminal_draws_them() -> None:
    lines = code_rows(read('input = "日本${nope.x}"', "nope.x"))
    assert lines == ['   7: input = "日本${nope.x}"', "                     ^^^^^^"]


def test_lines_are_numbered_and_the_first_one_has_the_mark() -> None:
    assert code_rows(read("\tcondition = (\n\t  false\n\t)", "(\n\t  false\n\t)")) == [
        "   7:  condition = (",
        "                   ^",
        "   8:    false",
        "   9:  )",
    ]


def test_a_known_secret_in_the_code_and_in_values_is_masked() -> None:
    found = read(
        'password = "hush-hush-1"',
        "password",
        "hush-hush-1",
        values=[value("local.copy", 'is "hush-hush-1"')],
        context='resource "x" "hush-hush-1"',
    )
    assert "hush" not in repr(found)
    assert marked(found) == "password"


def test_a_mark_that_masking_moved_is_found_again_or_left_out() -> None:
    assert marked(read('a = "hush-hush-1${nope.x}"', "nope.x", "hush-hush-1")) == "nope.x"
    assert marked(read('a = "hush-hush-1${x}x"', "x", "hush-hush-1")) == ""


def test_a_secret_that_is_marked_itself_is_masked() -> None:
    assert "hush" not in read('a = tonumber("hush-hush-1")', "hush-hush-1", "hush-hush-1").code


def test_a_line_of_a_secret_of_several_lines_is_masked() -> None:
    secret = "first-part-of-it\nsecond-part-of-it\nthird-part-of-it"
    found = read("  second-part-of-it", "second", secret)
    assert "second-part" not in found.code


@pytest.mark.parametrize("name", ["var.db_password", "local.api_key", "data.x.y.private_key"])
def test_a_value_whose_name_says_that_it_is_secret_is_masked(name: str) -> None:
    found = read("a = b", "b", values=[value(name, 'is "hunter2"')])
    assert found.values == (f"{name} is {MASK}",)


@pytest.mark.parametrize("code", ['  default = "hunter2"', "  default = <<-EOT\n    hunter2\n    EOT"])
def test_the_default_of_a_variable_whose_name_says_that_it_is_secret_is_masked(code: str) -> None:
    found = read(code, "hunter2", context='variable "db_password"')
    assert found.code == f"  default = {MASK}"
    assert marked(found) == ""
    assert "hunter2" in read(code, "hunter2", context='variable "size"').code


def test_the_key_of_an_instance_is_no_secret() -> None:
    assert read("a = b", "b", values=[value("each.key", 'is "eu"')]).values == ('each.key is "eu"',)


def test_values_are_said_once_and_within_bounds() -> None:
    many = [value("var.x", "is 1")] * 3 + [value(f"var.x{n}", "is " + "y" * 5000) for n in range(100)]
    found = read("a = b", "b", values=many)
    assert found.values[0] == "var.x is 1"
    assert len(found.values) == MAX_VALUES
    assert len(set(found.values)) == MAX_VALUES
    assert max(map(len, found.values)) < 400


def test_a_long_line_is_shown_around_its_mark() -> None:
    found = read(f'a = "{"x" * 50_000}${{nope.x}}{"y" * 50_000}"', "nope.x")
    assert marked(found) == "nope.x"
    assert len(found.code) <= LONGEST_LINE
    assert found.code[0] == found.code[-1] == "…"


def test_a_secret_is_masked_before_a_long_line_is_cut() -> None:
    secret = "hush-hush-" + "1234567890" * 10
    found = read(f'a = "{"x" * 200}{secret}" + nope', "a", secret)
    assert "hush" not in found.code


def test_many_lines_are_cut() -> None:
    found = read("a = [\n" + "  1,\n" * 5_000 + "]", "[")
    assert found.code.count("\n") == MAX_LINES - 1


def test_nothing_in_code_steers_a_terminal() -> None:
    found = read('a = "\x1b[2J\u202ex\r"', "a", values=[value("var.x", 'is "\x1b]0;title\x07"')])
    assert all(line.isprintable() for line in found.code.split("\n"))
    assert all(one.isprintable() for one in found.values)


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"code": None},
        {"code": " \n"},
        {"code": 7},
        {"code": "x", "highlight_start_offset": -1, "highlight_end_offset": 5},
        {"code": "x", "highlight_start_offset": 1, "highlight_end_offset": 0, "start_line": "1"},
        {"code": "x", "highlight_start_offset": "0", "values": [7, {"traversal": 1}], "context": None},
        {"code": "\udcff", "highlight_start_offset": 0, "highlight_end_offset": 1, "values": {}},
    ],
)
def test_what_is_not_as_documented_is_left_out(raw: dict[str, Any]) -> None:
    found = read_snippet(raw, Redaction())
    assert found is None or (found.start == found.end or marked(found) == found.code)


def test_what_only_the_plan_knows_to_be_secret_is_masked_without_a_mark() -> None:
    found = masked_snippet(
        Snippet("a = hush", 1, 4, 8, "x hush", ("var.x is hush",)), lambda text: text.replace("hush", MASK)
    )
    assert found == Snippet(f"a = {MASK}", 1, 0, 0, f"x {MASK}", (f"var.x is {MASK}",))
