"""`driftline stack graph`: the stacks, how they stand, and which ones wait for which."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from runner.api.graph import show_graph
from runner.cli.invocation import Cli, pass_cli
from runner.cli.options import Labels, labels_option, stacks_argument

if TYPE_CHECKING:
    from runner.view.graph import StackGraph

FORMS = ("tree", "dot", "mermaid", "json")


@click.command("graph")
@stacks_argument(required=False)
@labels_option("Show the stacks with this label. Repeat to require several labels.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(FORMS),
    default="tree",
    show_default=True,
    help="A tree, or a graph for Graphviz, Mermaid or a program.",
)
@pass_cli
def graph(cli: Cli, stacks: tuple[str, ...], labels: Labels, output: str) -> None:
    """Draw the stacks, their dependencies and promotions, with their state: all, or those chosen and everything connected to them.

    An arrow leads from the stack that is applied first to the one that waits for it.
    """
    cli.begin_to_list()
    drawn = cli.call(show_graph, name=stacks, label=tuple(map("=".join, labels)))
    if output in _TEXTS:
        cli.console.data(*_TEXTS[output](drawn))
        return
    from runner.cli.screen.graph import graph_screen

    empty = (
        "No stacks have these labels." if labels else "No stacks yet. Find them with:   driftline source sync"
    )
    cli.present(output, drawn, lambda drawn: graph_screen(drawn, empty=empty))


def _dot(drawn: "StackGraph") -> Iterable[str]:
    from runner.view.graph_dot import dot_lines

    return dot_lines(drawn)


def _mermaid(drawn: "StackGraph") -> Iterable[str]:
    from runner.view.graph_mermaid import mermaid_lines

    return mermaid_lines(drawn)


_TEXTS: "dict[str, Callable[[StackGraph], Iterable[str]]]" = {"dot": _dot, "mermaid": _mermaid}
