"""`driftline stack graph`: the stacks, how they stand, and which ones wait for which."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from runner.cli.options import Cli, Labels, labels_option, pass_cli, stacks_argument
from runner.errors import BadUsage
from runner.ports.records.store import Reader

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
    if stacks and labels:
        raise BadUsage("specify either the names of stacks or -l KEY=VALUE")
    app = cli.to_list()
    with app.store.reading() as reader:
        drawn = _graph(cli, reader, stacks, labels)
    if output in _TEXTS:
        cli.console.data(*_TEXTS[output](drawn))
        return
    from runner.cli.screen.graph import graph_screen

    empty = (
        "No stacks have these labels." if labels else "No stacks yet. Find them with:   driftline source sync"
    )
    cli.present(output, drawn, lambda drawn: graph_screen(drawn, empty=empty))


def _graph(cli: Cli, reader: Reader, names: tuple[str, ...], labels: Labels) -> "StackGraph":
    """StackNotFound for a name that no stack has."""
    from runner.cli.several import has
    from runner.view.facts import all_stacks
    from runner.view.graph import around, stack_graph
    from runner.view.newcomer import newcomers

    app = cli.app
    found = all_stacks(reader, app.settings, app.clock, app.disk.shortage())
    new = list(newcomers(reader, app.settings))
    known = {facts.stack.name for facts in found} | {row.name for row in new}
    for name in names:
        if name not in known:
            reader.stack(name)  # raises with the reason
    everything = stack_graph(found, new, app.settings.promotion)
    if labels:
        return around(everything, [facts.stack.name for facts in found if has(facts.stack, labels)])
    return around(everything, names) if names else everything


def _dot(drawn: "StackGraph") -> Iterable[str]:
    from runner.view.graph_dot import dot_lines

    return dot_lines(drawn)


def _mermaid(drawn: "StackGraph") -> Iterable[str]:
    from runner.view.graph_mermaid import mermaid_lines

    return mermaid_lines(drawn)


_TEXTS: "dict[str, Callable[[StackGraph], Iterable[str]]]" = {"dot": _dot, "mermaid": _mermaid}
