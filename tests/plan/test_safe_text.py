"""Untrusted text reaches a terminal or a log only as what it is."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from untrusted import CORPUS, deceives

from runner.model.values.text import safe_text


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(CORPUS) >= 40
    assert sum(bool(deceives(text)) for text in CORPUS.values()) >= 40


@pytest.mark.parametrize("name", CORPUS)
def test_nothing_in_the_corpus_gets_through(name: str) -> None:
    text = safe_text(CORPUS[name])
    assert not deceives(text)
    assert not [byte for byte in text.encode() if byte < 0x20]


@pytest.mark.parametrize("name", CORPUS)
def test_line_feeds_alone_get_through_where_they_are_wanted(name: str) -> None:
    text = safe_text(CORPUS[name], newlines=True)
    assert not deceives(text, newlines=True)
    assert text.count("\n") == CORPUS[name].count("\n")


def test_no_character_of_a_deceiving_category_gets_through() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert not deceives(safe_text(everything))


@given(st.text())
def test_what_is_visible_stays_as_it_is(text: str) -> None:
    visible = "".join(character for character in text if not deceives(character))
    assert safe_text(visible) == visible or deceives(visible) == []
    assert safe_text(safe_text(text)) == safe_text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("\u202e", r"\u202e"),
        ("\U000e0001", r"\U000e0001"),
        ("\ud800", r"\ud800"),
        ("a\r\n\tb", r"a\r\n\tb"),
        ("\x7f\x9b", r"\x7f\x9b"),
        (r"C:\new", r"C:\new"),
        ("grüß 你好 😀", "grüß 你好 😀"),
    ],
)
def test_escapes_say_what_was_there(text: str, expected: str) -> None:
    assert safe_text(text) == expected
