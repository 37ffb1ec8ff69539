"""The graph of the stacks in the language of Graphviz: https://graphviz.org/doc/info/lang.html."""

from collections.abc import Iterator

from runner.cli.screen.graph_text import PAINTS, edge_text, node_lines
from runner.view.graph import GraphEdge, GraphNode, Overall, StackGraph


def dot_lines(graph: StackGraph) -> Iterator[str]:
    """Names stand in labels only: an id such as `graph` or `a-b` would mean something."""
    numbers = {node.name: f"n{number}" for number, node in enumerate(graph.nodes)}
    yield "digraph stacks {"
    yield "  rankdir=LR;"
    yield '  node [shape=box, style="rounded,filled", fontname="sans-serif"];'
    for node in graph.nodes:
        yield f"  {numbers[node.name]} [{_node(node)}];"
    for edge in graph.edges:
        yield f"  {numbers[edge.first]} -> {numbers[edge.stack]}{_edge(edge)};"
    yield "}"


def _node(node: GraphNode) -> str:
    paint = PAINTS[node.overall]
    label = r"\n".join(map(_escaped, node_lines(node)))
    dashed = ', style="rounded,filled,dashed"' if node.sync is None else ""
    return f'label="{label}", fillcolor="{paint.fill}", color="{paint.line}"{dashed}'


def _edge(edge: GraphEdge) -> str:
    if edge.cycle:
        return f' [label="{_escaped(edge_text(edge))}", color="{PAINTS[Overall.ERROR].line}"]'
    if edge.promotion:
        return f' [label="{_escaped(edge_text(edge))}", style=dashed]'
    return f' [label="{_escaped(edge_text(edge))}"]' if edge.outputs else ""


def _escaped(text: str) -> str:
    r"""A backslash begins `\n` or `\N`, a quote ends the label, and `&` begins the name of a character."""
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
