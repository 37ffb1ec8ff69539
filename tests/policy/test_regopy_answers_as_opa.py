"""What regopy answers differently from OPA when it is asked directly: rewritten, it answers the same, or it is refused."""

from typing import Any

import pytest
from apart import evaluated

from runner.policy.regopy_process import Problem

HELP = """\
package main

import rego.v1

names := ["yy"]
kinds := {"yy"}
numbers := {"yy": 1}
same(x, y) if x == y
is_yy(x) if x == "yy"
loud(x) := upper(x)
any_yy if is_yy(input.s[_])
"""
INPUT: dict[str, Any] = {
    "a": [{"b": 2, "c": 2}, {"b": 1, "c": 0}],
    "s": ["x", "yy"],
    "p": ["x"],
    "m": {"k": 1, "l": 2},
    "n": [["x"], ["y", "z"]],
    "q": {"k": 1},
    "i": [1],
}
HOLDS = """\
startswith(input.s[_], "y")
startswith(input.s[i], "y"); i == 1
lower(input.s[_]) == "yy"
x := lower(input.s[_]); x == "yy"
input.s[_] in names
input.s[i] in {"yy"}
count(input.n[_]) > 1
is_yy(input.s[_])
loud(input.s[_]) == "YY"
same("yy", input.s[_])
any_yy
input.a[_].b + 1 == 3
input.a[i].b != input.a[j].b; i != j
input.a[i].b == input.a[i].c
input.m[k] == input.q[k]
input.m[k] != input.m[l]
input.s[_] == names[_]
kinds[input.s[_]]
x := input.s[_]; kinds[x]
x := input.s[_]; numbers[x] == 1
input.s[i]; kinds[input.s[i]]
numbers[input.s[_]] == 1
input.s[input.i[_]] == "yy"
x := [input.s[_], input.p[_]]; x == ["yy", "x"]
x := {"a": input.s[_]}; x.a == "yy"
sprintf("%s-%s", [input.s[_], input.p[_]]) == "yy-x"
startswith(input.n[_][_], "z")
not input.s[_] == "zz"
not startswith(input.s[_], "q")
object.get(input.a[_], "b", 0) == 2
count([1 | input.s[_] == names[_]]) == 1
count({k | input.m[k] > input.q[_]}) == 1
every x in input.p { x == input.s[_] }
every x in input.p { some y in input.s; x == y }
some x in input.n[_]; x == "z"
some x in input.s; not x in input.p
walk(input, [p, v]); v == "yy"; p[_] == "s"
""".splitlines()
FAILS = """\
not input.s[_] == "x"
not startswith(input.s[_], "x")
not is_yy(input.s[_])
startswith(input.s[_], "q")
input.a[i].b == input.a[i].c; i == 1
every x in input.s { startswith(x, input.p[_]) }
""".splitlines()


def holds(body: str, document: Any = INPUT) -> bool:
    question = {
        "modules": [["a.rego", f"{HELP}\nt if {{\n{body}\n}}\n"]],
        "rules": {"t": "data.main.t"},
        "separately": False,
    }
    return bool(evaluated(question, document)["t"] == [True])


@pytest.mark.parametrize("body", HOLDS)
def test_this_holds(body: str) -> None:
    assert holds(body)


@pytest.mark.parametrize("body", FAILS)
def test_this_does_not(body: str) -> None:
    assert not holds(body)


def test_a_body_without_braces_iterates_too() -> None:
    source = 'package main\nimport rego.v1\ndeny contains "found" if startswith(input.s[_], "y")\n'
    question = {"modules": [["a.rego", source]], "rules": {"deny": "data.main.deny"}, "separately": False}
    assert evaluated(question, INPUT)["deny"] == [["found"]]


@pytest.mark.parametrize("pattern", ['`"Action"`', '"a\\nb"', r"`C:\\\\x`", r"`a\nb`", '"\\t"'])
def test_patterns_about_escaped_characters_are_refused(pattern: str) -> None:
    with pytest.raises(Problem, match="as they are written in JSON; use opa"):
        holds(f"regex.match({pattern}, input.s[0])")


@pytest.mark.parametrize(
    "pattern", [r"`^arn:aws:iam::\d{12}:role/.+$`", '"^[a-z]+$"', r"`^\s*y`", r'"^y\\.y"']
)
def test_other_patterns_are_not(pattern: str) -> None:
    holds(f"regex.match({pattern}, input.s[0])")
