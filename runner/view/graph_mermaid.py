"""The graph of the stacks in the language of Mermaid: https://mermaid.js.org/syntax/flowchart.html."""

from collections.abc import Iterator

from runner.view.graph import GraphEdge, GraphNode, StackGraph
from runner.view.graph_text import PAINTS, edge_text, node_lines

# Everything else could be markup: an entity, a tag, a bracket, a colon of a style, a backquote of Markdown.
_PLAIN = frozenset(" ,-./_")


def mermaid_lines(graph: StackGraph) -> Iterator[str]:
    """Names stand in labels only: an id such as `end` breaks a chart."""
    numbers = {node.name: f"n{number}" for number, node in enumerate(graph.nodes)}
    yield "flowchart LR"
    for node in graph.nodes:
        yield f"  {numbers[node.name]}{_node(node)}"
    for edge in graph.edges:
        yield f"  {numbers[edge.first]} {_arrow(edge)} {numbers[edge.stack]}"
    for overall in sorted({node.overall for node in graph.nodes}):
        paint = PAINTS[overall]
        yield f"  classDef {overall.value} fill:{paint.fill},stroke:{paint.line},color:#1f2328"


def _node(node: GraphNode) -> str:
    label = "<br/>".join(map(_escaped, node_lines(node)))
    return f'["{label}"]:::{node.overall.value}'


def _arrow(edge: GraphEdge) -> str:
    text = edge_text(edge)
    label = f'|"{_escaped(text)}"|' if text else ""
    return f"{'-.->' if edge.promotion else '-->'}{label}"


def _escaped(text: str) -> str:
    """As Mermaid writes a character by its number: `#35;`."""
    return "".join(
        char if char in _PLAIN or (char.isalnum() and char.isascii()) else f"#{ord(char)};" for char in text
    )
