"""The graph of the stacks: what stands where, what is connected, and what is wrong with it."""

import time

import pytest

from runner.model.run.life import State
from runner.model.stack.definition import DriftStatus, Health, Sync
from runner.view.document import document, read_document
from runner.view.graph import (
    GraphEdge,
    GraphNode,
    OpenRun,
    Overall,
    StackGraph,
    around,
    linked,
    overall,
)
from runner.view.graph_tree import tree_lines
from runner.view.stack import StackRow


def node(name: str, **fields: object) -> GraphNode:
    known = {"overall": Overall.OK, "sync": Sync.SYNCED, "drift": DriftStatus.CLEAN, "health": Health.OK}
    return GraphNode(name=name, labels={}, **{**known, **fields})  # type: ignore[arg-type]  # fields of a node


def drawn(**waits: str) -> StackGraph:
    """Each stack with those that it waits for, such as `b="a"`."""
    edges = [GraphEdge(first=first, stack=stack) for stack, firsts in waits.items() for first in firsts]
    return linked({name: node(name) for name in waits}, edges)


def tree(graph: StackGraph) -> list[str]:
    return [f"{line.lead}{line.node.name} {line.seen.value}".rstrip() for line in tree_lines(graph)]


def test_a_stack_stands_below_those_that_it_waits_for() -> None:
    assert tree(drawn(a="", b="a", c="b", d="a")) == ["a", "├─ b", "│  └─ c", "└─ d"]


def test_a_stack_with_two_dependencies_is_drawn_once() -> None:
    assert tree(drawn(a="", b="a", c="ab", d="c")) == ["a", "├─ b", "│  └─ c", "│     └─ d", "└─ c (above)"]


def test_a_cycle_is_marked_and_drawn_once() -> None:
    graph = drawn(a="c", b="a", c="b", d="c")
    assert tree(graph) == ["a", "└─ b", "   └─ c", "      ├─ a (cycle)", "      └─ d"]
    assert [set(cycle) for cycle in graph.cycles] == [{"a", "b", "c"}]
    assert {edge.stack for edge in graph.edges if edge.cycle} == {"a", "b", "c"}


def test_a_stack_that_waits_for_itself_is_a_cycle() -> None:
    graph = drawn(a="a")
    assert tree(graph) == ["a", "└─ a (cycle)"]
    assert graph.cycles == (("a", "a"),)


def test_a_dependency_that_no_stack_has_is_a_node() -> None:
    graph = drawn(b="a")
    assert [(one.name, one.overall) for one in graph.nodes] == [("a", Overall.MISSING), ("b", Overall.OK)]
    assert tree(graph) == ["a", "└─ b"]


def test_around_a_stack_is_what_it_waits_for_and_what_waits_for_it() -> None:
    graph = around(drawn(a="", b="a", c="b", d="c", e="a", f=""), ["c"])
    assert [one.name for one in graph.nodes] == ["a", "b", "c", "d"]
    assert len(graph.edges) == 3


def test_a_graph_comes_back_from_its_json() -> None:
    graph = drawn(a="b", b="a", c="x")
    assert document(graph)["edges"][0] == {
        "from": "b",
        "to": "a",
        "kind": "depends_on",
        "promotion": "",
        "outputs": [],
        "cycle": True,
    }
    assert read_document(StackGraph, document(graph)) == graph


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"health": Health.ERROR, "drift": DriftStatus.DRIFTED}, Overall.ERROR),
        ({"health": Health.LOCKED, "drift": DriftStatus.DRIFTED}, Overall.LOCKED),
        ({"health": Health.PAUSED, "drift": DriftStatus.DRIFTED}, Overall.DRIFTED),
        ({"health": Health.PAUSED}, Overall.PAUSED),
        ({"applied_revision": None, "sync": Sync.UNKNOWN}, Overall.NEW),
        ({"sync": Sync.PENDING}, Overall.PENDING),
        ({}, Overall.OK),
    ],
)
def test_what_counts_most_of_the_axes(fields: dict[str, object], expected: Overall) -> None:
    known = {"name": "a", "source": "s", "labels": {}, "applied_revision": "r", "sync": Sync.SYNCED}
    assert overall(StackRow(**{**known, "health": Health.OK, **fields})) is expected  # type: ignore[arg-type]  # fields of a row


def test_an_open_run_is_part_of_a_node() -> None:
    waiting = node("a", run=OpenRun("run-1", State.AWAITING_APPROVAL))
    assert document(waiting)["run"] == {"id": "run-1", "state": "awaiting_approval"}


def test_a_chain_of_a_thousand_and_a_net_of_a_thousand_are_drawn_at_once() -> None:
    chain = [GraphEdge(first=f"s{n:04}", stack=f"s{n + 1:04}") for n in range(1000)]
    net = [GraphEdge(first=f"t{n % 30:04}", stack=f"t{n:04}") for n in range(30, 1000)]
    net += [GraphEdge(first=f"t{n - 1:04}", stack=f"t{n:04}") for n in range(31, 1000)]
    start = time.process_time()
    graph = linked({}, [*chain, *net])
    lines = list(tree_lines(graph))
    assert time.process_time() - start < 1
    assert len(lines) == len(graph.edges) + 31
