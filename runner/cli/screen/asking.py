"""Questions to a person: asked on a terminal only. Any other answer than a clear yes declines, Ctrl-C interrupts."""

import sys

import click

from runner.cli.screen.terminal import forget_typed_ahead
from runner.errors import BadUsage, NotConfirmed

_YES = frozenset({"y", "yes"})


def ask(question: str, *, wish: str) -> None:
    """NotConfirmed unless the answer is `y` or `yes`; `wish` is what would be done, such as `unlocked`."""
    if _answer(f"{question} [y/N]", "add --yes").lower() not in _YES:
        raise NotConfirmed(wish=wish, word="yes")


def ask_to_type(question: str, word: str, *, wish: str, hint: str) -> None:
    """For what cannot be taken back: NotConfirmed unless this very word was typed."""
    if _answer(question, hint) != word:
        raise NotConfirmed(wish=wish, word=word)


def _answer(question: str, hint: str) -> str:
    if not sys.stdin.isatty():
        raise BadUsage("no terminal to prompt on", hint=hint)
    forget_typed_ahead(sys.stdin)
    click.echo(f"{question}: ", err=True, nl=False)
    # Not `input()`: while it sets up readline a Ctrl-C is lost.
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):  # Ctrl-D
        click.echo("", err=True)
    return answer.strip(" \t\n")
