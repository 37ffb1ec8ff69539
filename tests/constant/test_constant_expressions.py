"""What an expression is worth, as engines evaluate it before they have a state; everything else is refused."""

from contextlib import suppress
from decimal import Decimal

import pytest
from evaluated import value
from hypothesis import given, settings
from hypothesis import strategies as st
from repetitions import examples

from runner.hcl.literal import expression, quoted
from runner.hcl.parsed import parse
from runner.model.code.module import normal
from runner.model.constant.budget import Budget
from runner.model.constant.evaluate import evaluate
from runner.model.constant.expression import Refused, Unread, Value, Wrong

WORTH: dict[str, Value] = {
    '"./mods/${var.name}"': "./mods/Prod",
    '"a${"b${"c"}"}d"': "abcd",
    '"$${var.name}"': "${var.name}",
    '"%%{if}"': "%{if}",
    '"${var.number}-${var.yes}"': "3-true",
    '"${var.list}"': ["a", "b", "c"],
    '"\\u0041\\n"': "A\n",
    "var.map.eu": "frankfurt",
    'var.map["us"]': "ohio",
    "var.list[1]": "b",
    "var.list.2": "c",
    'var.yes ? "a" : "b"': "a",
    'var.name == "Prod" && !false ? 1 : "x"': "1",
    "var.number >= 3 || var.number < 1": True,
    '"3" == 3': False,
    "var.none == null": True,
    'null != "a"': True,
    "-var.number": Decimal(-3),
    "true ? null : var.name": None,
    'var.yes ? "a" : ["b"][4]': "a",
    'format("%s/%d%%-%v", var.name, 3, true)': "Prod/3%-true",
    'format("%v/%v/%s", 999999, 0.0001, 1000000)': "999999/0.0001/1000000",
    'join("/", var.list, ["d"])': "a/b/c/d",
    'replace("a.b.c", ".", "-")': "a-b-c",
    'replace("ab", "", "-")': "-a-b-",
    "lower(var.name)": "prod",
    "upper(var.name)": "PROD",
    'trimprefix("v1.2", "v")': "1.2",
    'startswith(var.name, "Pr")': True,
    'split(".", "a.b")': ["a", "b"],
    'split("", "ab")': ["a", "b"],
    'split(",", "")': [""],
    "element(var.list, 4)": "b",
    'lookup(var.map, "eu", "x")': "frankfurt",
    'lookup(var.map, "ap", "x")': "x",
    'lookup(var.map, "eu")': "frankfurt",
    "coalesce(var.none, var.empty, var.name)": "Prod",
    'merge(var.map, null, {eu = "paris"}).eu': "paris",
    'try(var.map.ap, var.list[9], "last")': "last",
    "tostring(3)": "3",
    "tostring(var.none)": None,
    '{a = "x"\n"b" : "y"}.b': "y",
    '(\n  "a"\n)': "a",
    "1.50": Decimal("1.50"),
    '"${1.50}!"': "1.5!",
}
FAILS = (
    "var.map.ap", "var.list[3]", "var.name.x", "var.none.x", '"${var.list}!"', '"a${null}"', 'format("%s")',
    'format("a", 1)', 'join(",", ["a", null])', "lower(null)", "lower(var.map)", "element([], 0)",
    'lookup(var.map, "ap")', 'coalesce(null, "")', "tostring(var.map)", "try(var.map.ap)", "lower()", 'split(",")',
    'null ? "a" : "b"', "null < 1",
)  # fmt: skip
REFUSED = (
    "aws_vpc.x.id", "data.a.b.c", "module.x.y", "each.key", "count.index", "self.x", "var.unknown", 'file("x")',
    "timestamp()", "uuid()", "can(var.name)", "[for x in var.list : x]", "{for x in var.list : x => x}", "var.list[*]",
    "var.list.*.a", "1 + 2", 'replace("a", "/a/", "b")', 'replace("a", "//", "b")', 'lower("Ä")', "element(var.list, -1)",
    "element(var.list, 1.5)", 'format("%5s", "a")', 'format("%q", "a")', 'format("%s", null)', "merge({}, [])", "merge(null)",
    'coalesce(1, "a")', 'lookup({a = 1}, "b", "c")', "var.list == var.list", 'var.yes ? ["a"] : [1]',
    'var.yes ? "a" : var.list', "var.yes ? 3 : var.none", '"true" ? 1 : 2', '!"true"', '"${~ var.name ~}"',
    '"%{ if true }a%{ endif }"', "<<E\na\nE\n", "lower(var.list...)", "provider::x::y(1)", '{(var.name) = "a"}',
    '{"${var.name}" = 1}', "var", "foo", "", "1 2", "(", "[", "{", '"', "true && [][0]", "1e3", '"a${-0}"',
    "var.map[true]", 'var.list["0"]', '"\\q"', 'true ? 1 : "a${{}.x}"', 'true ? ["a"] : [{}.x]', 'format("%v", 1000000)',
    'format("%v", 0.00001)',
)  # fmt: skip


@pytest.mark.parametrize("text", WORTH)
@pytest.mark.repeats
def test_an_expression_is_worth_what_engines_say(text: str) -> None:
    assert value(text) == WORTH[text]
    assert type(value(text)) is type(WORTH[text])


@pytest.mark.parametrize("text", FAILS)
@pytest.mark.repeats
def test_what_fails_in_the_engine_fails_here_and_a_try_takes_its_next_argument(text: str) -> None:
    with pytest.raises(Wrong):
        value(text)
    assert value(f'try({text}, "next")') == "next"


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.repeats
def test_what_is_not_certain_is_refused_and_no_try_hides_it(text: str) -> None:
    with pytest.raises(Refused):
        value(text)
    with pytest.raises(Refused):
        value(f'try({text}, "next")')


@pytest.mark.parametrize("text", ["lookup({}, var.name)", "var.map[var.name]"])
def test_a_reason_does_not_say_what_a_key_is_worth(text: str) -> None:
    with pytest.raises(Wrong) as wrong:
        value(text)
    assert "Prod" not in str(wrong.value)


def test_an_unknown_name_is_refused_wherever_it_stands() -> None:
    for text in ('true ? "a" : var.unknown', 'try("a", var.unknown)', '"a" == "a" || var.unknown == "b"'):
        with pytest.raises(Refused, match=r"var\.unknown is not known"):
            value(text)


X = "x"
HUGE = {
    "join": f'join("{X * 3000}", split("", "{X * 900}"))',
    "replace": f'replace("{X * 3000}", "x", "{X * 3000}")',
    "replace nothing": f'replace("{X * 3000}", "", "{X * 3000}")',
    "split": f'split("", "{X * 8000}")',
    "format": 'format("' + "%s" * 1000 + '"' + ', join("", split("", "xxxxxxxxxxxxxxxx"))' * 80 + ")",
    "a template": '"' + '${join("", split("", "' + "x" * 600 + '"))}' * 12 + '"',
    "a long text": f'"{X * 9000}"',
    "brackets": "(" * 5000 + "1" + ")" * 5000,
    "templates in templates": '"${' * 1000 + "1" + '}"' * 1000,
    "many signs": "!" * 7000 + "true",
    "conditions in conditions": "true ? " * 1000 + "1" + " : 2" * 1000,
    "attributes of attributes": "var.map" + ".x" * 4000,
    "a list": f"[{'1,' * 1500}]",
    "operators": " && ".join(["true"] * 800),
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
@pytest.mark.repeats
def test_an_expression_that_makes_something_huge_is_refused_at_once(text: str) -> None:
    with pytest.raises((Refused, Wrong)):
        evaluate(parse(text), lambda _: {"x": "y"}, Budget(20_000))


def test_steps_are_counted_over_all_expressions_of_a_stack() -> None:
    budget, joined = Budget(100), parse('join("-", ["a", "b"])')
    for _ in range(3):
        evaluate(joined, lambda _: None, budget)
    budget.spend(25)
    with pytest.raises(Refused, match="takes too long"):
        evaluate(joined, lambda _: None, budget)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


def as_value(one: object) -> Value:
    match one:
        case list():
            return [as_value(part) for part in one]
        case dict():
            return {key: as_value(part) for key, part in one.items()}
        case int() if not isinstance(one, bool):
            return Decimal(one)
        case _:
            return one


@pytest.mark.thorough(of="test_an_expression_is_worth_what_engines_say")
@settings(max_examples=examples(400), deadline=None)
@given(PLAIN)
def test_a_value_that_is_written_as_hcl_is_worth_itself(one: object) -> None:
    assert evaluate(parse(expression(normal(one))), lambda _: None, Budget()) == as_value(normal(one))


@pytest.mark.thorough(of="test_an_expression_is_worth_what_engines_say")
@settings(max_examples=examples(400), deadline=None)
@given(st.text(max_size=30), st.text(max_size=3), st.text(max_size=3))
def test_functions_of_texts_agree_with_their_definitions(text: str, old: str, new: str) -> None:
    text, old, new = (str(normal(one)) for one in (text, old, new))
    if not (len(old) > 1 and old.startswith("/") and old.endswith("/")):
        call = f"replace({quoted(text)}, {quoted(old)}, {quoted(new)})"
        assert evaluate(parse(call), lambda _: None, Budget()) == normal(text.replace(old, new))
    parts = evaluate(parse(f"split({quoted(new)}, {quoted(text)})"), lambda _: None, Budget())
    again = evaluate(
        parse(f"join({quoted(new)}, split({quoted(new)}, {quoted(text)}))"), lambda _: None, Budget()
    )
    assert again == normal(text)
    assert all(new not in part for part in parts if new)


@pytest.mark.thorough(of="test_what_is_not_certain_is_refused_and_no_try_hides_it")
@settings(max_examples=examples(1000), deadline=None)
@given(st.text(alphabet='abv."${}()[]?:=!&|<>,-~%\\\n 19', max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    parsed = parse(text)
    assert not isinstance(parsed, Unread) or parsed.reason
    with suppress(Refused, Wrong):
        evaluate(parsed, lambda _: "x", Budget())
