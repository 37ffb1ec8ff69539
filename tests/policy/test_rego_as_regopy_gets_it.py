"""A module is rewritten where regopy differs from OPA, and refused where regopy would let it pass silently."""

import pytest

from runner.model.policy.rego.modern import modern
from runner.model.policy.rego.module import Module
from runner.model.policy.rego.refusals import refusals
from runner.model.policy.rego.tokens import Unreadable

HEAD = "package main\n"


def written(source: str) -> str:
    return modern(Module("a.rego", HEAD + source)).removeprefix(HEAD)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("deny[m] { m := 1 }", "deny contains m if  { m := 1 }"),
        ('deny[{"msg": m}] { m := "a" }', 'deny contains {"msg": m} if  { m := "a" }'),
        ('kinds["a"]', 'kinds contains "a"'),
        ("by_name[k] = v { v := data.x[k] }", "by_name[k] = v { driftline_1 = data.x[k]; v := driftline_1 }"),
        ("deny contains m if { m := 1 }", "deny contains m if { m := 1 }"),
        ("a { x := s[_] }", "a { driftline_1 = s[_]; x := driftline_1 }"),
        ("a { input.b[0] }", "a { input.root.b[0] }"),
        ("a { b.input }", "a { b.input }"),
        (
            'a { sprintf("%s is %d%%", [x, f(1)]) }',
            'a { concat("", [sprintf("%s", [x]), " is ", sprintf("%d", [f(1)]), "%"]) }',
        ),
        ('a { sprintf(`x "%v"`, [[1, 2]]) }', 'a { concat("", ["x \\"", sprintf("%v", [[1, 2]]), "\\""]) }'),
        (
            'a { sprintf("a %s", [sprintf("b %s", [c])]) }',
            'a { concat("", ["a ", sprintf("%s", [concat("", ["b ", sprintf("%s", [c])])])]) }',
        ),
        ('a { sprintf("%s", [x]) }', 'a { sprintf("%s", [x]) }'),
        ('a { sprintf("%s %s", [x]) }', 'a { sprintf("%s %s", [x]) }'),
        ('a { x == "\\u00e9" }', 'a { x == "é" }'),
        ('a { f(b[_], "x") }', 'a { driftline_1 = b[_]; f(driftline_1, "x") }'),
        ("a { not f(b[_]) }", "a { count([1 | driftline_1 = b[_]; f(driftline_1)]) == 0 }"),
        ("a { b[i] == c[j] }", "a { driftline_1 = b[i]; driftline_2 = c[j]; driftline_1 == driftline_2 }"),
        ("a { x := b[_].c\n  x.d }", "a { driftline_1 = b[_].c; x := driftline_1\n  x.d }"),
        ("a { not b[i] }", "a { not b[i] }"),
        ("a { f(b[_]) with c as d }", "a { f(b[_]) with c as d }"),
        ("a if f(b[_])", "a if { driftline_1 = b[_]; f(driftline_1) }"),
        ("a { count([x | f(b[_])]) > 1 }", "a { count([x | driftline_1 = b[_]; f(driftline_1)]) > 1 }"),
        ("# deny[m] {\na := `deny[m] {`", "# deny[m] {\na := `deny[m] {`"),
    ],
)
def test_the_text_is_rewritten_with_the_same_lines(source: str, expected: str) -> None:
    assert written(source) == expected
    assert written(source).count("\n") == source.count("\n")


def test_a_module_of_rego_v1_keeps_its_heads() -> None:
    assert "deny[m] {" in written("import rego.v1\ndeny[m] { true }")


def refused(*sources: str) -> list[str]:
    modules = [Module(f"{name}.rego", source) for name, source in zip("abc", sources, strict=False)]
    return [
        str(one) for one in refusals(modules, {"count", "startswith", "walk", "regex.match"}.__contains__)
    ]


def test_unknown_functions_are_named_with_their_place() -> None:
    assert refused(HEAD + "deny[m] {\n  not net.cidr_contains(input.a, input.b)\n  m := 1\n}") == [
        'a.rego:3:7: there is no built-in function "net.cidr_contains" in this engine'
    ]


def test_functions_of_the_policy_are_known() -> None:
    lib = "package lib\n\nis_open(rule) { rule.from == 0 }"
    source = (
        HEAD
        + "import data.lib\n\nhelp(x) = x\n\ndeny[m] { lib.is_open(help(input)); data.lib.is_open(1); m := 1 }"
    )
    assert refused(source, lib) == []


@pytest.mark.parametrize(
    "body",
    [
        "resourse.type == 1",
        "startswith(nme, input.a)",
        "count(x) > 0",
        "input.a[i + j] == 1",
    ],
)
def test_a_name_that_stands_for_nothing_is_refused(body: str) -> None:
    [first, *_] = refused(f"{HEAD}deny[m] {{ {body}; m := 1 }}")
    assert "is never given a value" in first


@pytest.mark.parametrize(
    "body",
    [
        "r := input.a[_]; r.b == 1",
        "input.a[i].b == input.c[i]",
        "some i, r in input.a; r.b == i",
        "some r\ninput.a[_] = r\nr.b",
        "[a, b] := input.pair; a == b",
        "every k, v in input.a { k != v }",
        "walk(input, [path, value]); count(path) > value",
        "count([x | x := input.a[_]; x > 1]) > 0",
        "count({k: v | some k, v in input.a}) > 0",
        'x = input.a\nx == "b"',
        'input.a == "b" with input as {"a": "b"}',
        "kinds[_] == input.a",
    ],
)
def test_a_name_that_gets_a_value_is_not(body: str) -> None:
    assert refused(f'{HEAD}kinds := {{"a"}}\n\ndeny[m] {{ {body}\n m := 1 }}') == []


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", "expected a package first"),
        ("package a\nb { (1]", 'unexpected "]"'),
        ("package a\nb {", '"{" is never closed'),
        ('package a\nb := "c', "a text is never closed"),
        ("package a\nb := `c", "a text is never closed"),
    ],
)
def test_a_text_that_is_no_module_is_unreadable(source: str, problem: str) -> None:
    with pytest.raises(Unreadable, match=problem.replace("{", r"\{").replace("]", r"\]")):
        _ = Module("a.rego", source).package


def test_quotes_without_end_are_not_tried_again_and_again() -> None:
    """A repository's policy is read before anything limits its time."""
    with pytest.raises(Unreadable):
        _ = Module("a.rego", "package a\nb := " + '"\\' * 100_000).package
