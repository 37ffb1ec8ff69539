"""The stacks as a graph: drawn where there is JavaScript, a tree where there is none."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse

from runner.api.caller import Caller
from runner.api.graph import show_graph
from runner.view.graph import Overall, alone
from runner.view.graph import connected as only_connected
from runner.view.graph_dot import dot_lines
from runner.view.graph_tree import Seen, tree_lines
from runner.web.api.routes import endpoint
from runner.web.dashboard.html import html, link
from runner.web.guard.headers import policy
from runner.web.identity.caller import page_caller

DRAWN_AT_ONCE = 400  # stacks; a browser takes seconds for more
SHOWN_ALONE = 60  # of those that are connected to none; where there are more, the sound ones are folded
# Graphviz runs as WebAssembly, which needs to be compiled; here only.
POLICY = {"Content-Security-Policy": policy("'self' 'wasm-unsafe-eval'")}

router = APIRouter(include_in_schema=False)
router.add_api_route("/graph.json", endpoint(show_graph))


@router.get("/graph")
def graph(
    request: Request,
    caller: Annotated[Caller, Depends(page_caller)],
    name: str = "",
    label: str = "",
) -> HTMLResponse:
    """Of all stacks, or of the one named, or those with the label, and everything connected to them."""
    drawn = show_graph(caller, name=(name,) if name else (), label=(label,) if label else ())
    overalls = [node.overall for node in drawn.nodes]
    chained, others = only_connected(drawn), alone(drawn)
    folded = len(others) > SHOWN_ALONE
    answer = html(
        request,
        "graph.html",
        caller,
        graph=drawn,
        lines=tuple(tree_lines(drawn)),
        again=Seen.FIRST,
        counts={one: overalls.count(one) for one in Overall if one in overalls},
        asked={"name": name, "label": label},
        chained=chained,
        alone=[node for node in others if not folded or node.overall is not Overall.OK],
        alone_and_ok=[node for node in others if folded and node.overall is Overall.OK],
        dot=link("/graph.dot", name=name, label=label, connected="true"),
        at_once=len(chained.nodes) <= DRAWN_AT_ONCE,
    )
    answer.headers.update(POLICY)
    return answer


@router.get("/graph.dot")
def dot(
    caller: Annotated[Caller, Depends(page_caller)],
    name: Annotated[tuple[str, ...], Query()] = (),
    label: Annotated[tuple[str, ...], Query()] = (),
    *,
    connected: bool = False,
) -> PlainTextResponse:
    """For Graphviz: nodes are links to the pages of their stacks; on request only those that are connected."""
    drawn = show_graph(caller, name=name, label=label)
    lines = dot_lines(only_connected(drawn) if connected else drawn, lambda stack: f"/stacks/{quote(stack)}")
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/vnd.graphviz")
