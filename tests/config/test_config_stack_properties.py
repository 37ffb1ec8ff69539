"""Any sound definition is read as it was written; anything else gives problems and never an exception."""

import json
from dataclasses import asdict
from posixpath import normpath
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from runner.config.repository_path import path_flaw
from runner.config.shape import shape_of
from runner.config.stack_file import StackFileReader
from runner.config.walk import FORBIDDEN
from runner.config.written import written
from runner.model.settings.source import Allow
from runner.model.stack.definition import StackDefinition, definition_of_json
from runner.model.values.span import Seconds

ROLE = "arn:aws:iam::111122223333:role/driftline-"
ALLOW = Allow(aws_roles=(ROLE + "*",))

printable = st.characters(blacklist_categories=["Cs", "Cc"]).filter(lambda c: not FORBIDDEN.search(c))
texts = st.text(printable, max_size=20).filter(lambda text: "${" not in text)
lines = texts.filter(lambda text: bool(text.strip()))
segments = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
names = st.lists(segments, min_size=1, max_size=3).map("/".join)
paths = st.lists(segments, min_size=1, max_size=4).map("/".join) | st.just(".")
spans = st.integers(1, 10_000).map(lambda n: f"{n}m")
identifiers = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.sampled_from([0.5, -1.25, 1e10]) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(identifiers, inner, max_size=3),
    max_leaves=6,
)


def in_json(data: Any) -> str:
    """As JSON that is YAML too: YAML knows no pairs of surrogates."""
    return json.dumps(data, ensure_ascii=False)


def unique(items: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(items, max_size=3, unique=True)


rules = st.fixed_dictionaries(
    {"address": lines, "reason": lines}, optional={"attributes": st.lists(lines, min_size=1, max_size=2)}
)
windows = st.fixed_dictionaries(
    {"allow": st.lists(st.sampled_from(["mon-fri 08:00-16:00", "daily"]), min_size=1, max_size=2)},
    optional={"freeze": st.just(["2026-12-20/2027-01-03 Europe/Berlin"]), "reason": lines},
)
definitions: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"name": names},
    optional={
        "path": paths,
        "labels": st.dictionaries(segments, texts, max_size=3),
        "engine": st.sampled_from(["terraform", "tofu"]),
        "engine_version": st.sampled_from(["~> 1.11", ">= 1.10, < 2.0", "1.11.4"]),
        "terraform_workspace": segments,
        "var_files": unique(paths),
        "vars": st.dictionaries(identifiers, values, max_size=3),
        "backend_config": st.dictionaries(identifiers, texts, max_size=2),
        "env": st.dictionaries(identifiers.map(lambda name: "APP_" + name), texts, max_size=2),
        "aws": st.fixed_dictionaries(
            {},
            optional={
                "region": st.just("eu-west-1"),
                "plan_role": segments.map(lambda name: ROLE + name),
                "external_id": lines | st.just("${cred:ext}"),
            },
        ),
        "watch": unique(names.map(lambda path: path + "/**")),
        "depends_on": unique(names.map(lambda name: "z/" + name)),
        "parallelism": st.integers(1, 256),
        "timeouts": st.fixed_dictionaries({}, optional={"init": spans, "plan": spans}),
        "apply": st.fixed_dictionaries(
            {},
            optional={
                "mode": st.sampled_from(["never", "approved", "automatic"]),
                "approvals": st.integers(1, 20),
                "protect": unique(lines),
            },
        ),
        "drift": st.fixed_dictionaries(
            {},
            optional={
                "schedule": st.sampled_from(["5 * * * *", "0 6 * * mon-fri"]),
                "confirm": st.integers(1, 10),
                "ignore": st.lists(rules, max_size=2),
                "action": st.sampled_from(["report", "propose"]),
            },
        ),
        "windows": st.lists(windows, min_size=1, max_size=2),
        "paused": st.booleans(),
    },
)


def normal(definition: StackDefinition) -> Any:
    return json.loads(json.dumps(asdict(definition)))


@given(definitions, st.sampled_from([in_json, written]))
def test_a_sound_definition_is_read_as_it_was_written(data: dict[str, Any], write: Any) -> None:
    stacks, problems = StackFileReader().read("a/b/stack.yaml", write(data).encode(), ALLOW)
    assert [str(problem) for problem in problems] == []
    (stack,) = stacks
    read = normal(stack)
    for key, value in data.items():
        if isinstance(value, dict) and key not in {"labels", "vars", "backend_config", "env"}:
            for inner, expected in value.items():
                if key == "timeouts":
                    assert read[key][inner] == Seconds.parse(expected)
                elif inner == "ignore":
                    assert read[key][inner] == [{"attributes": ["*"], **rule} for rule in expected]
                else:
                    assert read[key][inner] == expected
        elif key == "windows":
            assert read[key] == [{"freeze": [], "reason": "", **window} for window in value]
        else:
            assert read[key] == value


@given(definitions)
def test_pydantic_builds_the_same_from_the_same_dataclasses(data: dict[str, Any]) -> None:
    (stack,), _ = StackFileReader().read("a/b/stack.yaml", in_json(data).encode(), ALLOW)
    assert stack == TypeAdapter(StackDefinition).validate_python(data)


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")))
def test_garbage_gives_problems(content: bytes) -> None:
    stacks, problems = StackFileReader().read("stack.yaml", content, ALLOW)
    assert problems
    assert not stacks


KEYS = [name.rpartition(".")[2] for name, _ in shape_of(StackDefinition).walk()]
shaped = st.recursive(
    values | st.sampled_from(["no", "0123", "1_000", "&a x", "*a", "!!str x", "${env:X}", "\x1b[31m"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | texts, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(KEYS), shaped, max_size=5),
    definitions,
    st.sampled_from([in_json, lambda data: yaml.safe_dump(data, allow_unicode=True)]),
)
def test_almost_a_definition_gives_a_stack_or_problems(
    broken: dict[str, Any], good: dict[str, Any], write: Any
) -> None:
    for data in (broken, good | broken):
        stacks, problems = StackFileReader().read("stack.yaml", write(data).encode(), ALLOW)
        assert bool(stacks) != bool(problems)
        assert not any(FORBIDDEN.search(str(problem)) or "\n" in str(problem) for problem in problems)
        assert (
            len(StackFileReader().read("s", f"--- {in_json(data)}\n--- {{name: zzz}}".encode(), ALLOW)[0]) > 0
        )


@given(
    st.lists(st.sampled_from(["..", ".", "", "a", "b", ".git", "-x"]), max_size=6).map("/".join),
    st.sampled_from(["", "a", "a/b", "a/b/c"]),
)
def test_a_path_that_is_taken_stays_inside_the_repository(path: str, folder: str) -> None:
    if path_flaw(path, folder) is None:
        inside = normpath(f"/repository/{folder}/{path}")
        assert f"{inside}/".startswith("/repository/")
        assert "/.git/" not in f"{inside}/"
        assert path == normpath(path)


@given(definitions)
def test_the_definition_that_is_stored_is_plain_json(data: dict[str, Any]) -> None:
    (stack,), _ = StackFileReader().read("a/b/stack.yaml", in_json(data).encode(), ALLOW)
    json.loads(stack.document)
    assert definition_of_json(stack.document) == stack


def test_what_came_later_is_not_in_the_json_of_definitions_without_it() -> None:
    # So that no stack is planned again after an upgrade.
    assert not {"windows", "heal"} & json.loads(StackDefinition("a").document).keys()
