"""Secrets that nobody marked, in text: found by their shape, their name or their randomness."""

import re
from pathlib import Path

import pytest

from runner.engine.redaction import Redaction
from runner.model.changes.changes import MASK
from runner.model.changes.secret_shape import TOKENS, without_tokens
from runner.model.secret.copies import Secrets

CORPUS = Path(__file__).with_name("corpus")
VEIL = Redaction()  # which knows no secret of a run
MARKED = re.compile("«(.*?)»", re.DOTALL)


def lines(name: str) -> list[str]:
    text = (CORPUS / name).read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")]


LIKELY = dict(line.split(": ", 1) for line in lines("likely-secrets.txt"))


def masked(text: str) -> bool:
    """Whether nothing that could be used is left of the secret."""
    (secret,) = MARKED.findall(text)
    seen = VEIL.text(MARKED.sub(r"\1", text))
    return not any(secret[at : at + 8] in seen for at in range(len(secret) - 7))


def test_at_least_98_of_100_are_masked() -> None:
    missed = [name for name, text in LIKELY.items() if not masked(text)]
    assert len(LIKELY) >= 50
    assert len(missed) <= 0.02 * len(LIKELY), missed


@pytest.mark.parametrize("line", lines("no-secrets.txt"))
def test_what_is_said_every_day_stays_as_it_is(line: str) -> None:
    assert VEIL.text(line) == line


def test_what_stands_around_a_secret_stays_readable() -> None:
    text = "dial postgres://admin:hunter2@db/app failed with password=hunter2 for user=admin"
    assert (
        VEIL.text(text) == f"dial postgres://admin:{MASK}@db/app failed with password={MASK} for user=admin"
    )


def test_a_private_key_is_masked_over_all_its_lines() -> None:
    text = "key:\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nabc\n-----END EC PRIVATE KEY-----\nafter"
    assert without_tokens(text) == f"key:\n{MASK}\nafter"


def test_a_certificate_is_public() -> None:
    text = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    assert without_tokens(text) == text


def test_values_of_a_plan_lose_tokens_and_nothing_that_only_looks_likely() -> None:
    value = {"user_data": f"export T=ghp_{'a1' * 18}", "note": "password=open sesame"}
    assert Secrets().scrub(value) == {"user_data": f"export T={MASK}", "note": "password=open sesame"}


def test_masking_twice_changes_nothing_more() -> None:
    for text in LIKELY.values():
        once = VEIL.text(MARKED.sub(r"\1", text))
        assert VEIL.text(once) == once


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "x=" * 50_000, "password" * 20_000, '"\\' * 50_000, "a/B1" * 30_000]
)
def test_no_text_takes_long(text: str) -> None:
    assert VEIL.text(text) is not None


def test_every_shape_is_a_pattern_of_its_own() -> None:
    assert all(re.compile(shape).match("") is None for shape in TOKENS.values())
