"""A graph of stacks as the lines of a tree: what is applied first stands on the left."""

from collections.abc import Iterator
from enum import Enum

from runner.model.values.frozen import dataclass
from runner.view.graph import GraphEdge, GraphNode, StackGraph


class Seen(Enum):
    """Whether a stack stands in the tree already; then nothing is drawn below it again."""

    FIRST = ""
    ABOVE = "(above)"
    CYCLE = "(cycle)"


@dataclass(frozen=True)
class TreeLine:
    """`lead` are the lines on the left of the name; `edge` leads here from the stack above, if there is one."""

    lead: str
    node: GraphNode
    edge: GraphEdge | None
    seen: Seen


@dataclass(frozen=True)
class _Step:
    """A name to draw, or with `left` one whose branch is drawn."""

    name: str
    edge: GraphEdge | None = None
    lead: str = ""
    below: str = ""
    left: bool = False


def tree_lines(graph: StackGraph) -> Iterator[TreeLine]:
    """Each stack below those that it waits for; without recursion, since a chain may be long."""
    nodes = {node.name: node for node in graph.nodes}
    branches: dict[str, list[GraphEdge]] = {}
    for edge in graph.edges:
        branches.setdefault(edge.first, []).append(edge)
    waiting = {edge.stack for edge in graph.edges}
    # Whatever no root leads to is in a cycle, or below one.
    roots = sorted(nodes, key=lambda name: (name in waiting, name))
    drawn: set[str] = set()
    for root in roots:
        if root not in drawn:
            yield from _drawn(root, nodes, branches, drawn)


def _drawn(
    root: str, nodes: dict[str, GraphNode], branches: dict[str, list[GraphEdge]], drawn: set[str]
) -> Iterator[TreeLine]:
    steps, path = [_Step(root)], set[str]()
    while steps:
        step = steps.pop()
        if step.left:
            path.discard(step.name)
            continue
        seen = Seen.CYCLE if step.name in path else Seen.ABOVE if step.name in drawn else Seen.FIRST
        yield TreeLine(step.lead, nodes[step.name], step.edge, seen)
        if seen is Seen.FIRST:
            drawn.add(step.name)
            path.add(step.name)
            steps.append(_Step(step.name, left=True))
            steps.extend(reversed(list(_below(step, branches.get(step.name, [])))))


def _below(step: _Step, edges: list[GraphEdge]) -> Iterator[_Step]:
    for edge in edges:
        last = edge is edges[-1]
        yield _Step(
            edge.stack,
            edge,
            step.below + ("└─ " if last else "├─ "),
            step.below + ("   " if last else "│  "),
        )
