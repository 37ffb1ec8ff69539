"""What an approval is bound to: one canonical text, one digest, and words for what moved."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from bindings import BINDING, FACTS, MAY_MOVE, mutations

from runner.model.approval.binding import Binding, EngineFacts, canonical, moved, read_binding

MUTATIONS = dict(mutations())

RECORDED = "1436cd393d45cb28582644cc9d286d07b405694d5f225d221c883f3322e0ac55"  # before there were policies


def test_every_field_is_mutated() -> None:
    leaves = set(json.loads(BINDING.document())) - {"facts", "counts"}
    assert leaves | {f"facts.{name}" for name in vars(FACTS)} <= MUTATIONS.keys()


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_field_is_in_the_digest(name: str) -> None:
    assert MUTATIONS[name].digest != BINDING.digest


@pytest.mark.parametrize("name", [name for name in MUTATIONS if name.split(".")[0] not in MAY_MOVE])
def test_changes_are_named(name: str) -> None:
    may = name in MAY_MOVE
    assert len(moved(BINDING, MUTATIONS[name])) == (0 if may else 1)


def test_nothing_moved_between_equals() -> None:
    assert moved(BINDING, read_binding(BINDING.document())) == ()


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"binary": "f" * 64}, f"the engine's binary (was {'b' * 12}, is {'f' * 12})"),
        ({"version": "1.12.0"}, "the engine's version (was 1.11.4, is 1.12.0)"),
        ({"environment": ("HOME", "HTTPS_PROXY")}, "the environment variables (+HTTPS_PROXY, -PATH)"),
        ({"lock_file": ""}, f"the provider lock file (was {'d' * 12}, is none)"),
        ({"lineage": "77aa"}, "THE STATE, WHICH IS A DIFFERENT ONE (lineage 77aa, was 9f2c)"),
        ({"serial": 6}, "the state, which is OLDER now (serial 6, was 7)"),
    ],
)
def test_each_difference_has_its_words(change: dict[str, object], shown: str) -> None:
    assert moved(BINDING, replace(BINDING, facts=replace(FACTS, **change))) == (shown,)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        (["site/page.html"], "site/page.html"),
        (["site/\x1b[2J\n\u202e\udc80"], "site/ [2J   "),
        (["."], "any file of the repository"),
        ([f"site/{number}" for number in range(7)], "site/0, site/1, site/2, site/3, site/4, and 2 more"),
        (["(sensitive value)"], "(sensitive value)"),
    ],
)
def test_files_that_the_plan_names_are_few_and_fit_for_a_line(paths: list[str], shown: str) -> None:
    was, now = (replace(BINDING, named=tuple(f"{one} {mark}" for one in paths)) for mark in "ab")
    assert moved(was, now) == (f"files that the plan names ({shown})",)


@pytest.mark.parametrize("serial", [8, None])
def test_a_state_that_went_on_is_no_reason_to_ask_again(serial: int | None) -> None:
    assert moved(BINDING, replace(BINDING, facts=replace(FACTS, serial=serial))) == ()


def test_a_guard_rail_that_no_longer_objects_is_none_either() -> None:
    assert moved(BINDING, replace(BINDING, guard_rails=())) == ()


def test_a_binding_is_read_back_as_it_was() -> None:
    assert read_binding(BINDING.document()) == BINDING


def test_the_canonical_form_ignores_unicode_composition_and_key_order() -> None:
    assert canonical({"b": "e\u0301", "a": [1]}) == canonical({"a": [1], "b": "\u00e9"})
    assert canonical({"b": "\u00e9", "a": [1]}) == '{"a":[1],"b":"\\u00e9"}'


def test_a_float_has_no_canonical_form() -> None:
    with pytest.raises(TypeError):
        canonical({"a": 0.1})


def test_another_process_finds_the_same_digest() -> None:
    code = "import sys; from runner.model.approval.binding import read_binding; print(read_binding(sys.stdin.read()).digest)"
    for seed in ("1", "2"):
        shown = subprocess.run(
            [sys.executable, "-c", code],
            input=BINDING.document(),
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        )
        assert shown.stdout.strip() == BINDING.digest


def test_a_binding_from_before_there_were_policies_keeps_its_digest() -> None:
    assert "judged" not in json.loads(BINDING.document())
    assert BINDING.digest == RECORDED


def test_a_binding_of_a_state_whose_engine_is_not_known_keeps_its_digest_too() -> None:
    assert "state_version" not in json.loads(BINDING.document())["facts"]
    known = replace(BINDING, facts=replace(FACTS, state_version="1.11.4"))
    assert read_binding(known.document()) == known


def test_no_value_of_a_variable_has_a_place_in_it() -> None:
    assert "vars" not in vars(BINDING)
    assert isinstance(BINDING, Binding)
    assert EngineFacts().environment == ()
