"""When the daemon cannot write: start nothing, disturb nothing that runs, report it once, and try again.

Preventing starts needs no switch, since each start needs a durable claim first; avoiding useless polls and
drift checks does.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from runner.errors import DatabaseRefused, DatabaseUnwritable, DriftlineError
from runner.host.log import log
from runner.systemd.notify import Notifier


@dataclass
class SafeMode:
    """Shared by the loop, the polls and the slots. `problem` is empty while all is well."""

    prove_in_place: Callable[[], None]
    prove_writable: Callable[[], None]
    notifier: Notifier
    problem: str = ""
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def attempt(self, what: str, work: Callable[[], object]) -> None:
        """Do the work, unless writing is impossible. No error in it ends the daemon: the next turn tries again."""
        try:
            # Before anything else: working in a folder that is no longer ours would start a second installation.
            self.prove_in_place()
            if self.problem:
                self.prove_writable()
                self._leave()
            work()
        except (DatabaseUnwritable, DatabaseRefused) as error:
            self._enter(error)
        except DriftlineError as error:
            log.warning("daemon.problem", what=what, problem=error.message, hint=error.hint)
        except Exception:
            # Whatever it is, running applies must not be disturbed by it.
            log.exception("daemon.bug", what=what)

    def _enter(self, error: DriftlineError) -> None:
        with self._guard:
            fresh, self.problem = not self.problem, error.message
        if fresh:
            log.error("daemon.read_only", problem=error.message, hint=error.hint)
            self.notifier.say(STATUS=f"read-only: {error.message}")

    def _leave(self) -> None:
        with self._guard:
            was, self.problem = self.problem, ""
        if was:
            log.warning("daemon.writable", after=was)
