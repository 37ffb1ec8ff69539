"""The graph of the stacks, drawn as a tree."""

from collections.abc import Iterator

from runner.cli.screen import cells
from runner.cli.screen.output import Cell, Screen, Table
from runner.view.graph import GraphEdge, GraphNode, StackGraph
from runner.view.graph_tree import Seen, TreeLine, tree_lines

HEADS = ("STACK", "SYNC", "DRIFT", "HEALTH", "RUN", "NOTE")


def graph_screen(graph: StackGraph, *, empty: str) -> Screen:
    yield Table(HEADS, [_row(line) for line in tree_lines(graph)], empty=empty)
    for cycle in graph.cycles:
        yield Cell(f"✗ a cycle: {' -> '.join(cycle)}", "red")


def _row(line: TreeLine) -> list[Cell | str]:
    node, named = line.node, f"{line.lead}{line.node.name}"
    if line.seen is not Seen.FIRST:
        return [Cell(f"{named} {line.seen.value}", "red" if line.seen is Seen.CYCLE else "dim"), *[""] * 5]
    return [named, *_axes(node), run_of(node), node.note or _way(line.edge)]


def _way(edge: GraphEdge | None) -> str:
    return f"after {edge.first} in promotion {edge.promotion}" if edge and edge.promotion else ""


def _axes(node: GraphNode) -> Iterator[Cell | str]:
    if node.sync is None or node.drift is None or node.health is None:
        yield from (Cell("✗ no such stack", "red"), "-", "-")
    else:
        yield from (
            cells.sync(node.sync, node.applied_revision),
            cells.drift_of(node.drift, node.drift_reason),
        )
        yield cells.HEALTH[node.health]


def run_of(node: GraphNode) -> Cell:
    if node.run is None:
        return Cell("-")
    state = cells.state_of(node.run.state)
    return Cell(f"{node.run.id} {state.text}", state.colour)
