"""The graph of the stacks in the language of Graphviz: https://graphviz.org/doc/info/lang.html."""

from collections.abc import Callable, Iterator

from runner.view.graph import GraphEdge, GraphNode, Overall, StackGraph
from runner.view.graph_text import PAINTS, edge_text, node_lines

Address = Callable[[str], str]


def dot_lines(graph: StackGraph, address: Address | None = None) -> Iterator[str]:
    """Names stand in labels only: an id such as `graph` or `a-b` would mean something.

    With the address of a stack's page, nodes are links, and nodes and edges have classes for a stylesheet.
    """
    numbers = {node.name: f"n{number}" for number, node in enumerate(graph.nodes)}
    yield "digraph stacks {"
    yield "  rankdir=LR;"
    yield '  node [shape=box, style="rounded,filled", fontname="sans-serif"];'
    for node in graph.nodes:
        yield f"  {numbers[node.name]} [{_node(node)}{_linked(node, address) if address else ''}];"
    for edge in graph.edges:
        yield f"  {numbers[edge.first]} -> {numbers[edge.stack]}{_edge(edge)};"
    yield "}"


def _node(node: GraphNode) -> str:
    paint = PAINTS[node.overall]
    label = r"\n".join(map(_escaped, node_lines(node)))
    dashed = ', style="rounded,filled,dashed"' if node.sync is None else ""
    return f'label="{label}", fillcolor="{paint.fill}", color="{paint.line}"{dashed}'


def _linked(node: GraphNode, address: Address) -> str:
    url = f', URL="{_escaped(address(node.name))}"' if node.sync is not None else ""
    tooltip = ", ".join(map(_escaped, node_lines(node)))
    return f'{url}, tooltip="{tooltip}", class="{node.overall.value}"'


def _edge(edge: GraphEdge) -> str:
    if edge.cycle:
        return f' [label="{_escaped(edge_text(edge))}", color="{PAINTS[Overall.ERROR].line}"]'
    if edge.promotion:
        return f' [label="{_escaped(edge_text(edge))}", style=dashed]'
    return f' [label="{_escaped(edge_text(edge))}"]' if edge.outputs else ""


def _escaped(text: str) -> str:
    r"""A backslash begins `\n` or `\N`, a quote ends the label, and `&` begins the name of a character."""
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
