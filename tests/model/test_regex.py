"""Patterns of modules, compiled when they are first used."""

import re

import pytest

from runner.model.values.regex import regex


def test_a_pattern_matches_as_one_of_re_does() -> None:
    pattern = regex(r"(?P<word>[a-z]+)", re.IGNORECASE)
    for _ in range(2):
        assert pattern.fullmatch("Word") is not None
        assert pattern.sub("x", "a 1") == "x 1"
    assert pattern.pattern == r"(?P<word>[a-z]+)"


def test_a_pattern_is_not_compiled_before_it_is_used() -> None:
    broken = regex("(")
    with pytest.raises(re.error):
        broken.search("")
