"""What the drawings of a graph for other programs have in common: the lines of a node, and its colours."""

from collections.abc import Iterator

from runner.model.values.frozen import dataclass
from runner.model.values.text import safe_text
from runner.view import signs
from runner.view.graph import GraphEdge, GraphNode, Overall


@dataclass(frozen=True)
class Paint:
    """The symbol says the same as the colours."""

    symbol: str
    fill: str
    line: str


PAINTS: dict[Overall, Paint] = {
    Overall.MISSING: Paint("?", "#ffffff", "#cf222e"),
    Overall.ERROR: Paint("✗", "#ffebe9", "#cf222e"),
    Overall.LOCKED: Paint("⚿", "#fff1e5", "#bc4c00"),
    Overall.DRIFTED: Paint("●", "#fff8c5", "#9a6700"),
    Overall.PAUSED: Paint("⏸", "#eaeef2", "#57606a"),
    Overall.NEW: Paint("○", "#f6f8fa", "#57606a"),
    Overall.PENDING: Paint("…", "#ddf4ff", "#0969da"),
    Overall.OK: Paint("✔", "#dafbe1", "#1a7f37"),
}


def node_lines(node: GraphNode) -> Iterator[str]:
    """Its name, how it stands, and its open run; safe to show."""
    yield safe_text(node.name)
    yield safe_text(f"{PAINTS[node.overall].symbol} {_stands(node)}")
    if node.run is not None:
        yield safe_text(f"{node.run.id} {signs.state(node.run.state)}")


def short_lines(node: GraphNode) -> Iterator[str]:
    """In words alone, where colours stand beside them: not every font has the symbols."""
    found = f": {node.drift_reason}" if node.overall is Overall.DRIFTED and node.drift_reason else ""
    missing = node.overall is Overall.MISSING
    yield safe_text(node.name)
    yield safe_text("no such stack" if missing else f"{node.overall.value}{found}")
    if node.run is not None:
        yield safe_text(f"{node.run.id} {node.run.state.in_words}")


def edge_text(edge: GraphEdge) -> str:
    """What an arrow says beside what every arrow says: that one stack waits for another."""
    promotion = f"promotion {edge.promotion}" if edge.promotion else ""
    return safe_text(", ".join(filter(None, ("cycle" if edge.cycle else "", promotion, *edge.outputs))))


def _stands(node: GraphNode) -> str:
    if node.sync is None or node.drift is None or node.health is None:
        return "no such stack"
    return f"{signs.sync(node.sync, node.applied_revision)}, {signs.drift(node.drift, node.drift_reason)}, {node.health.value}"
