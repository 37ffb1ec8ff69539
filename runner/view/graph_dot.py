"""The graph of the stacks in the language of Graphviz: https://graphviz.org/doc/info/lang.html."""

from collections.abc import Callable, Iterable, Iterator

from runner.view.graph import GraphEdge, GraphNode, Overall, StackGraph
from runner.view.graph_text import PAINTS, edge_text, node_lines, short_lines

Address = Callable[[str], str]


def dot_lines(graph: StackGraph, address: Address | None = None) -> Iterator[str]:
    """Names stand in labels only: an id such as `graph` or `a-b` would mean something.

    With the address of a stack's page, nodes are links, and nodes and edges have classes for a stylesheet.
    """
    numbers = {node.name: f"n{number}" for number, node in enumerate(graph.nodes)}
    yield "digraph stacks {"
    yield "  rankdir=LR;"
    if address:
        # What is not connected lies side by side, in columns: in one it would be as high as there are stacks.
        yield '  pack=16; packmode="array"; ranksep=0.4; nodesep=0.15;'
    # Graphviz knows how wide the letters of Helvetica are; those of the page are wider.
    font = 'fontname="Helvetica", fontsize=13, margin="0.14,0.07"' if address else 'fontname="sans-serif"'
    yield f'  node [shape=box, style="rounded,filled", {font}];'
    for node in graph.nodes:
        yield f"  {numbers[node.name]} [{_linked(node, address) if address else _node(node)}];"
    for edge in graph.edges:
        yield f"  {numbers[edge.first]} -> {numbers[edge.stack]}{_edge(edge)};"
    yield "}"


def _node(node: GraphNode) -> str:
    paint = PAINTS[node.overall]
    return f'{_labelled(node, node_lines(node))}, fillcolor="{paint.fill}", color="{paint.line}"'


def _linked(node: GraphNode, address: Address) -> str:
    url = f', URL="{_escaped(address(node.name))}"' if node.sync is not None else ""
    tooltip = ", ".join(map(_escaped, node_lines(node)))
    return f'{_labelled(node, short_lines(node))}{url}, tooltip="{tooltip}", class="{node.overall.value}"'


def _labelled(node: GraphNode, lines: Iterable[str]) -> str:
    label = r"\n".join(map(_escaped, lines))
    dashed = ', style="rounded,filled,dashed"' if node.sync is None else ""
    return f'label="{label}"{dashed}'


def _edge(edge: GraphEdge) -> str:
    if edge.cycle:
        return f' [label="{_escaped(edge_text(edge))}", color="{PAINTS[Overall.ERROR].line}", class="cycle"]'
    if edge.promotion:
        return f' [label="{_escaped(edge_text(edge))}", style=dashed]'
    return f' [label="{_escaped(edge_text(edge))}"]' if edge.outputs else ""


def _escaped(text: str) -> str:
    r"""A backslash begins `\n` or `\N`, a quote ends the label, and `&` begins the name of a character."""
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
