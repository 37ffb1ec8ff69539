"""Patterns of rules: `*` is any text, everything else is literal, and a name covers its parts."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.values.pattern import covered, covers


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("aws_autoscaling_group.*", 'aws_autoscaling_group.web["a[0]"]', True),
        ("aws_autoscaling_group.*", "module.x.aws_autoscaling_group.web", False),
        ("*aws_autoscaling_group.*", "module.x.aws_autoscaling_group.web", True),
        ("module.*.aws_db_instance.main", "module.a.module.b.aws_db_instance.main[0]", True),
        ("aws_db_instance.main", "aws_db_instance.main", True),
        ("aws_db_instance.main", "aws_db_instance.main[0]", True),
        ("aws_db_instance.main", 'aws_db_instance.main["a.b"]', True),
        ("aws_db_instance.main", "aws_db_instance.main2", False),
        ("aws_db_instance.main", "module.x.aws_db_instance.main", False),
        ("module.db", "module.db[0].aws_db_instance.main", True),
        ("module.db", "module.db2.aws_db_instance.main", False),
        ("aws_db_instance", "aws_db_instance.main", True),
        ('a.b["x"]', 'a.b["x"]', True),
        ('a.b["x"]', 'a.b["y"]', False),
        ("a.b[0]", "a.b[0]", True),
        ("a.b[01]", "a.b0", False),
        ("a.?", "a.b", False),
        ("tags", "tags", True),
        ("tags", "tags.env", True),
        ("tags", 'tags["a.b"]', True),
        ("tags", "tags_all", False),
        ("tags.env", "tags", False),
        ("tags.*", "tags.env", True),
        ("rule", "rule[0].port", True),
        ("rule[*].port", "rule[12].port", True),
        ("rule[*].port", "rule[12].name", False),
        ("*", "anything", True),
        ("**", "x", True),
        ("", "x", False),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "acb", False),
        ("aba*aba", "aba", False),
        ("*.x", "a.x.y", True),
        ("a*", "a\nb", True),
    ],
)
def test_a_pattern_covers(pattern: str, name: str, *, expected: bool) -> None:
    assert covers(pattern, name) is expected


def test_one_of_several_patterns_is_enough() -> None:
    assert covered(["x", "tags"], "tags.env")
    assert not covered([], "tags.env")


@given(st.text("ab*.[]", max_size=6), st.text("ab.[]", max_size=8))
def test_it_agrees_with_a_regular_expression(pattern: str, name: str) -> None:
    literal = ".*".join(map(re.escape, pattern.split("*")))
    assert covers(pattern, name) == bool(re.fullmatch(rf"{literal}(?:[.\[].*)?", name, re.DOTALL))


def test_a_pattern_made_to_be_slow_is_not() -> None:
    started = time.process_time()
    assert not covers("*a" * 200 + "b", "a" * 2_000)
    assert time.process_time() - started < 1
