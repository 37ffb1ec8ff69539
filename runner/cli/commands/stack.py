"""`driftline stack`: what is known of stacks, and pausing them."""

import click

from runner.cli.options import Noun


@click.group(
    cls=Noun,
    below={
        "list": "stack_list:list_",
        "show": "stack_show:show",
        "graph": "stack_graph:graph",
        "history": "history:command",
        "validate": "stack_validate:validate",
        "pause": "pause:command",
        "resume": "resume:command",
        "rename": "stack_leave:rename",
        "forget": "stack_leave:forget",
        "accept-state": "stack_state:accept_state",
    },
)
def command() -> None:
    """List, show, draw, validate, pause, rename and forget stacks."""
