"""Where terraform, the proxy and providers find each other's sockets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from runner.engine.session import Session
from runner.model.sandbox.namespace import View
from runner.process.run import Command

NAME = "probe"  # of the command that the providers of a run go with


@contextmanager
def meeting_in(session: Session) -> Iterator[tuple[Session, Path | None]]:
    """With a TMPDIR for the providers' sockets that is the same folder for them and for the proxy."""
    own = session.command(NAME, ()).confine
    if not isinstance(own, View) or session.environment["TMPDIR"] == str(session.scratch):
        yield session, None
        return
    from runner.probe.folders import short_folder

    with short_folder() as folder:
        yield replace(session, environment={**session.environment, "TMPDIR": str(folder)}), folder


@contextmanager
def commanded(session: Session) -> Iterator[Command]:
    """The command whose surroundings the providers of a run get."""
    with meeting_in(session) as (meeting, folder):
        yield command_in(meeting, folder)


def command_in(session: Session, folder: Path | None, name: str = NAME) -> Command:
    """A command of the session that can write to the folder of the sockets."""
    command = session.command(name, ())
    if folder is None or not isinstance(command.confine, View):
        return command
    return replace(command, confine=command.confine.with_writable(str(folder)))
