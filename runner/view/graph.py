"""The stacks as a graph: how each stands, and which ones it waits for."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from itertools import pairwise

from runner.model.code.dependencies import cycles
from runner.model.run.life import State
from runner.model.settings.promotion import Promotion
from runner.model.stack.definition import DriftStatus, Health, Sync
from runner.model.values.codec import key
from runner.model.values.frozen import dataclass
from runner.view.facts import StackFacts
from runner.view.stack import StackRow, stack_row


class Overall(StrEnum):
    """The three axes of a stack in one word, the most pressing first."""

    MISSING = "missing"  # no stack has this name
    ERROR = "error"
    LOCKED = "locked"
    DRIFTED = "drifted"
    PAUSED = "paused"
    NEW = "new"  # nothing has been applied
    PENDING = "pending"
    OK = "ok"


class EdgeKind(StrEnum):
    DEPENDS_ON = "depends_on"
    PROMOTION = "promotion"


@dataclass(frozen=True)
class OpenRun:
    id: str
    state: State


@dataclass(frozen=True, kw_only=True)
class GraphNode:
    """A stack; of one that only a `depends_on` names, nothing but its name is known, and it is `missing`."""

    name: str
    overall: Overall = Overall.MISSING
    applied_revision: str | None = None
    sync: Sync | None = None
    drift: DriftStatus | None = None
    drift_reason: str = ""
    health: Health | None = None
    reason: str = ""
    note: str = ""  # the reason, only where there is something to do or to know
    run: OpenRun | None = None  # the last one that is still open
    labels: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class GraphEdge:
    """`stack` waits for `first`, by the promotion of this name or by its `depends_on`. `cycle` if `first` also waits for `stack`, directly or through others."""

    first: str = key("from")
    stack: str = key("to")
    kind: EdgeKind = EdgeKind.DEPENDS_ON
    promotion: str = ""
    outputs: tuple[str, ...] = ()  # of `first` that set variables of `stack`
    cycle: bool = False


@dataclass(frozen=True)
class StackGraph:
    """By name. A cycle begins and ends with the same stack."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    cycles: tuple[tuple[str, ...], ...] = ()


def stack_graph(
    stacks: Iterable[StackFacts], newcomers: Iterable[StackRow] = (), promotions: Iterable[Promotion] = ()
) -> StackGraph:
    """Every stack, every dependency and every step of a promotion, also those that are broken."""
    found = list(stacks)
    nodes = {row.name: _node(row, None) for row in newcomers}
    nodes |= {facts.stack.name: _node(stack_row(facts), _open_run(facts)) for facts in found}
    return linked(nodes, [*_dependencies(found), *_steps(promotions)])


def linked(nodes: Mapping[str, GraphNode], edges: Iterable[GraphEdge]) -> StackGraph:
    """The graph of these edges, with a node for each name that has none, and its cycles marked."""
    lines = sorted(edges, key=lambda edge: (edge.stack, edge.first, edge.kind))
    names = {name for edge in lines for name in (edge.first, edge.stack)}
    everything = {name: GraphNode(name=name, labels={}) for name in names} | dict(nodes)
    waits: dict[str, set[str]] = {}
    for edge in lines:
        waits.setdefault(edge.stack, set()).add(edge.first)
    found = tuple(cycles(waits))
    turns = {pair for cycle in found for pair in pairwise(cycle)}
    return StackGraph(
        tuple(everything[name] for name in sorted(everything)),
        tuple(replace(edge, cycle=(edge.stack, edge.first) in turns) for edge in lines),
        found,
    )


def only(graph: StackGraph, sees: Callable[[str], bool]) -> StackGraph:
    """The stacks that somebody may see, and what connects these."""
    return StackGraph(
        tuple(node for node in graph.nodes if sees(node.name)),
        tuple(edge for edge in graph.edges if sees(edge.first) and sees(edge.stack)),
        tuple(cycle for cycle in graph.cycles if all(map(sees, cycle))),
    )


def around(graph: StackGraph, names: Collection[str]) -> StackGraph:
    """These stacks, all that they wait for, and all that waits for them."""
    kept = {*_reached(names, graph.edges, forward=True), *_reached(names, graph.edges, forward=False)}
    return StackGraph(
        tuple(node for node in graph.nodes if node.name in kept),
        tuple(edge for edge in graph.edges if edge.first in kept and edge.stack in kept),
        tuple(cycle for cycle in graph.cycles if kept.issuperset(cycle)),
    )


def connected(graph: StackGraph) -> StackGraph:
    """Without the stacks that wait for none, and that none waits for."""
    kept = {name for edge in graph.edges for name in (edge.first, edge.stack)}
    return replace(graph, nodes=tuple(node for node in graph.nodes if node.name in kept))


def alone(graph: StackGraph) -> tuple[GraphNode, ...]:
    """The others, the most pressing first."""
    kept = {node.name for node in connected(graph).nodes}
    order = list(Overall)
    found = (node for node in graph.nodes if node.name not in kept)
    return tuple(sorted(found, key=lambda node: (order.index(node.overall), node.name)))


def _reached(names: Collection[str], edges: Iterable[GraphEdge], *, forward: bool) -> set[str]:
    ways: dict[str, list[str]] = {}
    for edge in edges:
        start, end = (edge.first, edge.stack) if forward else (edge.stack, edge.first)
        ways.setdefault(start, []).append(end)
    seen, waiting = set(names), list(names)
    while waiting:
        more = set(ways.get(waiting.pop(), ())) - seen
        seen |= more
        waiting += more
    return seen


def _dependencies(stacks: Iterable[StackFacts]) -> Iterator[GraphEdge]:
    for facts in stacks:
        definition = facts.stack.definition
        passed = {upstream.stack: tuple(upstream.outputs) for upstream in definition.upstreams}
        for name in dict.fromkeys(definition.dependencies):
            yield GraphEdge(first=name, stack=facts.stack.name, outputs=passed.get(name, ()))


def _steps(promotions: Iterable[Promotion]) -> Iterator[GraphEdge]:
    for one in promotions:
        for first, then in pairwise(one.order):
            yield GraphEdge(first=first, stack=then, kind=EdgeKind.PROMOTION, promotion=one.name)


def _open_run(facts: StackFacts) -> OpenRun | None:
    """A change before a check."""
    run = facts.view.open_change or facts.view.open_check
    return OpenRun(run.name, run.state) if run is not None else None


def _node(row: StackRow, run: OpenRun | None) -> GraphNode:
    return GraphNode(
        name=row.name,
        overall=overall(row),
        applied_revision=row.applied_revision,
        sync=row.sync,
        drift=row.drift,
        drift_reason=row.drift_reason,
        health=row.health,
        reason=row.reason,
        note=row.note,
        run=run,
        labels=row.labels,
    )


# The first that fits counts.
_OVERALL: tuple[tuple[Overall, Callable[[StackRow], bool]], ...] = (
    (Overall.ERROR, lambda row: row.health is Health.ERROR),
    (Overall.LOCKED, lambda row: row.health is Health.LOCKED),
    (Overall.DRIFTED, lambda row: row.drift is DriftStatus.DRIFTED),
    (Overall.PAUSED, lambda row: row.health is Health.PAUSED),
    (Overall.NEW, lambda row: row.applied_revision is None),
    (Overall.OK, lambda row: row.sync is Sync.SYNCED),
    (Overall.PENDING, lambda _: True),
)


def overall(row: StackRow) -> Overall:
    """What counts most of the three axes."""
    return next(one for one, fits in _OVERALL if fits(row))
