"""Untrusted text in Markdown is code, or plain words: a forge finds nothing in it."""

import pytest
from hostile import TEXTS, hostile, texts
from hypothesis import given
from rendered import rendered

from runner.model.values.markdown import block, cell, code, sentence


def harmless(markdown: str) -> None:
    found = rendered(markdown)
    assert (found.html, found.links, found.headings, found.special) == ((), (), 0, [])


@hostile
def test_a_code_span_holds_any_text(text: str) -> None:
    harmless(f"name {code(text)} end")


@hostile
def test_a_sentence_keeps_words_and_turns_the_rest_into_code(text: str) -> None:
    harmless(f"- {sentence(text)}")


@given(texts, texts)
def test_a_cell_never_adds_a_column(one: str, other: str) -> None:
    table = f"| a | b |\n| --- | --- |\n| {cell(one)} | {cell(other)} |\n"
    harmless(table)
    assert rendered(table).columns == (2, 2)


@hostile
def test_a_block_ends_where_it_should(text: str) -> None:
    lines = text.splitlines()
    found = rendered("\n".join(["before", "", *block(lines, "diff"), "", "after"]))
    assert len(found.fences) == 1
    assert found.texts == ("before", "after")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("needs 2 approvals, one of them by ana or bo", "needs 2 approvals, one of them by ana or bo"),
        ("by ana@example.com or bo", "by `ana@example.com` or bo"),
        ("only @acme/sre #12 may", "only `@acme/sre #12` may"),
        ("1. it's closed (for now): wait.", "`1.` it's closed (for now): wait."),
        ("at deadbeef", "at `deadbeef`"),
    ],
)
def test_sentences_stay_readable(text: str, shown: str) -> None:
    assert sentence(text) == shown


def test_the_corpus_would_be_seen_without_the_encoder() -> None:
    """The checker is no check if it finds nothing in text as it is."""
    seen = [text for text in TEXTS if _found(f"x {text}")]
    assert len(seen) > len(TEXTS) // 2


def _found(markdown: str) -> bool:
    found = rendered(markdown)
    return bool(found.html or found.links or found.headings or found.special)
