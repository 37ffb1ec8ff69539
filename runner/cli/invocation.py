"""One invocation of the command line: what the common options say, and what is made of it when it is first needed."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from runner.cli.screen.output import Console
from runner.errors import BadConfig, BadUsage, NoDatabase
from runner.host.uncollected import loading, uncollected
from runner.view.document import document

if TYPE_CHECKING:
    from runner.api.caller import Caller
    from runner.api.operation import Operation
    from runner.app import App
    from runner.cli.screen.output import Screen
    from runner.model.approval.approval import Person
    from runner.remote.client import Remote
    from runner.remote.place import Place

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Cli:
    config: Path | None = None
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    server: str | None = None
    insecure_http: bool = False
    creates: bool = False  # set by the commands that may begin an installation

    @cached_property
    def app(self) -> "App":
        """The installation on this host; BadUsage where a server was named for a command that needs the host."""
        if self.remote is not None:
            context = click.get_current_context(silent=True)
            command = context.command_path if context is not None else "this command"
            raise BadUsage(
                f"{command} works only on the host, not with {self.place.chosen_by}", hint=self.place.instead
            )
        with loading():
            from runner.app import App

            return App.from_config(self.config, creates=self.creates)

    @property
    def loudness(self) -> tuple[str, ...]:
        """The options of `driftline` with which a process that this one starts says as much."""
        return tuple(word for word, said in (("--verbose", self.verbose), ("--quiet", self.quiet)) if said)

    def begin_installation(self) -> None:
        """Before a command that works without a daemon: it may make the database on this host, and says so."""
        if self.remote is not None:
            return
        self.show_warnings()
        self.creates = True
        if self.app.store.made:
            self.console.warn(f"created a new database in {self.app.settings.data_dir}")

    @cached_property
    def person(self) -> "Person":
        """Who changes something. Nobody does so on an older database that was put in place and not noticed yet."""
        from runner.cli.person import who_acts
        from runner.service.cycle.begin import begin, must_begin

        if must_begin(self.app.control):
            self.show_warnings()
            if problem := begin(self.app.control):
                self.console.warn(problem)
        return who_acts()

    def show_warnings(self) -> None:
        """The log of a command that shows its own progress: on stderr, and in the log's own form."""
        from runner.host import log

        log.configure(verbose=self.verbose, quiet=True)

    def begin_to_list(self) -> None:
        """Before a list, which is empty where this installation has no database yet: nothing is made by looking."""
        if self.remote is not None:
            return
        try:
            _ = self.app.store
        except NoDatabase as none:
            from runner.store.empty import empty_store

            self.console.warn(none.message)
            vars(self.app)["store"] = empty_store(self.app.clock)

    @cached_property
    def place(self) -> "Place":
        from runner.remote.place import place

        return place(self.server, self.config, os.environ, _has_config, _last_server)

    @cached_property
    def remote(self) -> "Remote | None":
        """The server that was named, where the command is not for an installation on this host (also DRIFTLINE_SERVER)."""
        chosen = self.place
        if self.verbose:
            self.console.say(f"Asking {chosen.server or 'this host'}, by {chosen.because}.")
        if chosen.server is None:
            return None
        from runner.remote.client import saved_token

        return self.server_at(chosen.server, saved_token(chosen.server))

    def server_at(self, url: str, token: str | None) -> "Remote":
        """For as long as the command takes."""
        from runner.remote.client import Remote

        remote = Remote.at(url, insecure=self.insecure_http, token=token)
        if (context := click.get_current_context(silent=True)) is not None:
            context.call_on_close(remote.http.close)
        return remote

    @cached_property
    def caller(self) -> "Caller":
        from runner.api.caller import Caller

        return Caller(self.app, lambda: self.person)

    def call(self, operation: "Operation[P, T]", *args: P.args, **kwargs: P.kwargs) -> T:
        """Do it here, or have the server do it: the answer is the same."""
        if self.remote is not None:
            return self.remote.call(operation, *args, **kwargs)
        if operation.method != "GET":
            return operation(self.caller, *args, **kwargs)
        with uncollected():  # thousands of rows, none of which is garbage before they are shown
            return operation(self.caller, *args, **kwargs)

    @property
    def now(self) -> datetime:
        """By the clock that wrote the records."""
        return self.app.clock.now() if self.remote is None else self.remote.now

    def present(self, output: str, look: T, draw: "Callable[[T], Screen] | None" = None) -> None:
        """One look under two faces: as JSON, or drawn from nothing but the look, where there is something to draw."""
        if output == "json":
            self.console.json(document(look))
        elif draw is not None:
            self.console.show(draw(look))

    @property
    def console(self) -> Console:
        return Console(quiet=self.quiet, verbose=self.verbose, no_color=self.no_color)


def _has_config() -> bool:
    from runner.config.server_file import find_config

    try:
        find_config()
    except BadConfig:
        return False
    return True


def _last_server() -> str | None:
    from runner.remote.contexts import Contexts

    return Contexts.saved().current


pass_cli = click.make_pass_decorator(Cli, ensure=True)
