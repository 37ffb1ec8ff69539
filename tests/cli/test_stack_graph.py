"""`driftline stack graph`: the same graph as a tree, for Graphviz, for Mermaid and as JSON."""

import re
import shutil
import subprocess
from itertools import pairwise

import pytest
from cli_world import MODULE, World
from click.shell_completion import ShellComplete

from runner.cli.main import main
from runner.cli.screen.graph import graph_screen
from runner.cli.screen.output import encode
from runner.view.graph import EdgeKind, GraphEdge, GraphNode, Overall, StackGraph, linked
from runner.view.graph_dot import dot_lines
from runner.view.graph_mermaid import mermaid_lines

HOSTILE = (
    'a"] --> b["c',
    'quote "; } subgraph',
    "back\\slash\\",
    "\\N & &lt; &amp; #35; #quot;",
    "line\nbreak\rand\ttab",
    "<b>bold</b> <script>alert(1)</script>",
    "`**markdown**`",
    "style x:#red;",
    "{}[]()|<>%%",
    "end",
    "graph",
    "\x1b[31mred \u202e",
    "ü→日本",
)


def hostile() -> StackGraph:
    nodes = {
        name: GraphNode(name=name, overall=Overall.OK, labels={}, drift_reason=name, note=name)
        for name in HOSTILE
    }
    edges = [GraphEdge(first=first, stack=second) for first, second in pairwise(HOSTILE)]
    return linked(
        nodes, [*edges, GraphEdge(first="end", stack="end", kind=EdgeKind.PROMOTION, promotion=HOSTILE[0])]
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("graph"))
    world.stack("vpc")
    world.stack("app", "depends_on: [vpc]\n")
    world.stack(
        "site", "depends_on: [{stack: app, outputs: {it: it}}]\n", module=MODULE + 'variable "it" {{}}\n'
    )
    world.stack("mail")
    world.stack("lost", "depends_on: [nowhere]\n")
    world.run("source", "sync", expect=None)
    return world


def test_the_tree_shows_each_stack_below_what_it_waits_for(world: World) -> None:
    lines = world.run("stack", "graph").stdout.splitlines()
    assert re.split(r"\s{2,}", lines[0]) == ["STACK", "SYNC", "DRIFT", "HEALTH", "RUN", "NOTE"]
    assert [re.split(r"\s{2,}", line.lstrip("└─├│ "))[0] for line in lines[1:]] == [
        "lost",
        "mail",
        "vpc",
        "app",
        "site",
    ]
    assert lines[4].startswith("└─ app  ")
    assert "no such stack: nowhere" in lines[1]


def test_chosen_stacks_come_with_all_that_is_connected(world: World) -> None:
    found = world.json("stack", "graph", "app")
    assert [node["name"] for node in found["nodes"]] == ["app", "site", "vpc"]
    assert found["edges"] == [
        {"from": "vpc", "to": "app", "kind": "depends_on", "promotion": "", "outputs": [], "cycle": False},
        {
            "from": "app",
            "to": "site",
            "kind": "depends_on",
            "promotion": "",
            "outputs": ["it"],
            "cycle": False,
        },
    ]
    assert [node["name"] for node in world.json("stack", "graph", "-l", "env=test")["nodes"]][:1] == ["app"]
    assert world.json("stack", "graph", "-l", "env=none")["nodes"] == []


def test_an_unknown_stack_is_said(world: World) -> None:
    assert '"nowhere"' in world.run("stack", "graph", "nowhere", expect=5).stderr
    assert "either" in world.run("stack", "graph", "app", "-l", "env=test", expect=64).stderr


def test_the_shell_completes_stacks_and_forms(world: World) -> None:
    complete = ShellComplete(main, {}, "driftline", "_DRIFTLINE_COMPLETE")
    start = ["-c", str(world.config), "stack", "graph"]
    assert "vpc" in [item.value for item in complete.get_completions(start, "v")]
    assert [item.value for item in complete.get_completions([*start, "-o"], "d")] == ["dot"]


def test_graphviz_gets_one_node_and_one_edge_for_each(world: World) -> None:
    shown = world.run("stack", "graph", "-o", "dot").stdout
    assert shown.splitlines()[0] == "digraph stacks {"
    assert shown.count(" -> ") == 2
    assert 'label="app\\n' in shown
    assert ' [label="it"];' in shown
    assert '-->|"it"|' in world.run("stack", "graph", "-o", "mermaid").stdout


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed (apt install graphviz)")
def test_graphviz_draws_hostile_names_as_they_are() -> None:
    text = "\n".join(dot_lines(hostile()))
    shown = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True)
    assert not shown.stderr
    assert len(re.findall(r"^node ", shown.stdout, re.MULTILINE)) == len(HOSTILE)
    assert len(re.findall(r"^edge ", shown.stdout, re.MULTILINE)) == len(HOSTILE)
    drawn = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True).stdout
    assert "a&quot;] &#45;&#45;&gt; b[&quot;c" in drawn
    assert "back\\slash\\<" in drawn
    assert "\\N &amp; &amp;lt; &amp;amp; #35;" in drawn


def test_mermaid_gets_no_character_that_could_be_markup() -> None:
    lines = list(mermaid_lines(hostile()))
    line = re.compile(
        r"flowchart LR"
        r'|  n\d+\["(?:[A-Za-z0-9 ,\-./_]|#\d+;|<br/>)*"\]:::[a-z]+'
        r'|  n\d+ (?:-->|-\.->\|"cycle(?:[A-Za-z0-9 ,\-./_]|#\d+;)*"\|) n\d+'
        r"|  classDef [a-z]+ fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#[0-9a-f]{6}"
    )
    assert [one for one in lines if line.fullmatch(one) is None] == []


def test_the_tree_of_hostile_names_stays_one_line_each() -> None:
    table, cycle = graph_screen(hostile(), empty="")
    assert "\x1b" not in encode(cycle, colours=False)  # type: ignore[arg-type]  # it is a line
    assert len(table.rows) == len(HOSTILE) + 1  # type: ignore[union-attr]  # it is a table
