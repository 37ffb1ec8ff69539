"""Who waits for whom."""

import itertools

import pytest
from discover_world import Place, elsewhere, messages, names
from hypothesis import given
from hypothesis import strategies as st

from runner.model.code.dependencies import cycles


def files(**needs: str) -> dict[str, str | bytes | None]:
    return {f"{name}/stack.yaml": f"name: {name}\ndepends_on: [{needed}]\n" for name, needed in needs.items()}


def test_a_cycle_is_reported_to_all_its_stacks_and_stops_no_other(place: Place) -> None:
    found = place.discovered(files(a="b", b="c", c="a", d="a", e=""))
    assert names(found) == ["d", "e"]
    assert [line.partition("depends_on: ")[2] for line in messages(found)] == [
        "a cycle: a -> b -> c -> a"
    ] * 3 or len({problem.stack for problem in found.problems}) == 3


def test_a_cycle_is_reported_in_the_direction_of_the_arrows(place: Place) -> None:
    (problem, *_) = messages(place.discovered(files(a="b", b="c", c="a")))
    steps = problem.partition("a cycle: ")[2].split(" -> ")
    assert all(f"{one}{other}" in {"ab", "bc", "ca"} for one, other in itertools.pairwise(steps))


def test_a_stack_that_waits_for_itself_is_reported(place: Place) -> None:
    assert names(place.discovered(files(a="a", b=""))) == ["b"]


def test_two_cycles_are_both_reported(place: Place) -> None:
    found = place.discovered(files(a="b", b="a", c="d", d="c", e="a"))
    assert names(found) == ["e"]


def test_a_cycle_through_another_source_is_reported(place: Place) -> None:
    found = place.discovered(files(a="far"), [elsewhere("far", depends_on=("a",))])
    assert names(found) == []


def test_a_stack_of_another_source_may_be_waited_for(place: Place) -> None:
    assert names(place.discovered(files(a="far"), [elsewhere("far")])) == ["a"]


def test_outputs_of_another_source_are_the_operators_to_allow(place: Place) -> None:
    takes = {"a/stack.yaml": "name: a\ndepends_on: [{stack: far, outputs: {x: y}}]\n"}
    found = place.discovered(takes, [elsewhere("far")])
    assert names(found) == []
    (problem,) = messages(found)
    assert problem.startswith("a/stack.yaml:2:")
    assert "allow.outputs does not let this one take its outputs" in problem
    place.allow(outputs=("fa*",))
    assert names(place.found([elsewhere("far")])) == ["a"]


def test_a_stack_that_is_probably_meant_is_named(place: Place) -> None:
    (problem,) = messages(place.discovered(files(a="netwrok", network="")))
    assert 'no such stack: netwrok (did you mean "network"?)' in problem


@pytest.mark.parametrize("broken", ["name: b\nunknown: 1\n", "name: b\npath: missing\n"])
def test_a_dependency_that_is_only_broken_is_waited_for(place: Place, broken: str) -> None:
    assert names(place.discovered({**files(a="b"), "b/stack.yaml": broken})) == ["a"]


NAMES = "abcdefg"
graphs = st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=3), max_size=7)


@given(graphs)
def test_what_is_left_without_the_cycles_has_an_order(graph: dict[str, list[str]]) -> None:
    found = list(cycles(graph))
    for cycle in found:
        assert cycle[0] == cycle[-1]
        assert all(after in graph[before] for before, after in itertools.pairwise(cycle))
    left = {name: set(needed) for name, needed in graph.items() if not any(name in cycle for cycle in found)}
    assert not list(cycles(left))
    assert len({name for cycle in found for name in cycle}) == sum(len(cycle) - 1 for cycle in found)
