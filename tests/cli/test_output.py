import io
import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.cli.screen.output import Cell, Console, encode, table
from runner.model.values.text import safe_text
from runner.model.values.width import width


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Terminal:
    """Called by the test itself: pytest puts its own stdout in place after the fixtures."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in {"TERM": "xterm", **variables}.items():
        monkeypatch.setenv(name, value)
    return stream


def test_a_terminal_gets_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = terminal(monkeypatch)
    Console().data(Cell("ok", "green"))
    assert stream.getvalue() == "\x1b[32mok\x1b[0m\n"


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_the_environment_can_ask_for_no_colour(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    stream = terminal(monkeypatch, **variables)
    Console().data(Cell("ok", "green"))
    assert stream.getvalue() == "ok\n"


def test_no_color_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = terminal(monkeypatch)
    Console(no_color=True).data(Cell("ok", "green"))
    assert stream.getvalue() == "ok\n"


def test_a_pipe_gets_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    Console().data(Cell("ok", "green"))
    assert capsys.readouterr().out == "ok\n"


def test_quiet_silences_progress_and_hints_but_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(quiet=True)
    console.say("progress")
    console.hint("hint")
    console.warn("careful")
    console.data("data")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("data\n", "Warning: careful\n")


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    lines = table(("A", "B"), [("x", "long"), (Cell("wider", "red"), "y")])
    assert [encode(line, colours=False) for line in lines] == ["A      B", "x      long", "wider  y"]


def test_wide_and_combining_characters_count_as_a_terminal_shows_them() -> None:
    assert (width("日本"), width("e\u0301"), width("✔ ok")) == (4, 1, 4)


def test_a_row_ends_without_blanks() -> None:
    lines = table(("A", "B", ""), [("x", "", ""), ("y", "z", "note")])
    assert [encode(line, colours=False) for line in lines] == ["A  B", "x", "y  z  note"]


DECEIVING = st.sampled_from("\x1b\x07\n\u202e\u200b\u115f\u3164\x85")  # some of them count as printable


@given(
    st.lists(
        st.lists(st.text(max_size=8) | st.text(DECEIVING, max_size=4), min_size=3, max_size=3), max_size=5
    )
)
def test_no_text_in_a_table_can_begin_a_line_or_steer_a_terminal(rows: list[list[str]]) -> None:
    lines = [encode(line, colours=False) for line in table(("A", "B", "C"), rows)]
    assert len(lines) == len(rows) + 1
    assert all(safe_text(line) == line for line in lines)


@given(
    st.recursive(st.text() | st.none() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_json_is_one_document_of_plain_ascii(document: Any) -> None:
    stream, sys.stdout = sys.stdout, io.StringIO()
    try:
        Console().json(document)
        shown = sys.stdout.getvalue()
    finally:
        sys.stdout = stream
    assert json.loads(shown) == document
    assert shown.isascii()
