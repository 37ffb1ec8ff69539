"""Which server a command is for, or the installation on this host: the first that is said counts."""

from collections.abc import Callable, Mapping

from runner.model.values.frozen import dataclass

SERVER, CONFIG = "DRIFTLINE_SERVER", "DRIFTLINE_CONFIG"
LAST_LOGIN = "the last login"


@dataclass(frozen=True)
class Place:
    """`server` is None for an installation on this host."""

    server: str | None
    because: str

    @property
    def chosen_by(self) -> str:
        """What to leave out for this host, where a server was chosen; a login may have been long ago."""
        return f"the server of {LAST_LOGIN}, {self.server}" if self.because == LAST_LOGIN else self.because

    @property
    def instead(self) -> str:
        if self.because == LAST_LOGIN:
            return "run it there; or, for an installation on this machine, name its file:   driftline -c FILE"
        return f"run it there, without {self.because}"


def place(
    server: str | None,
    config: object | None,
    environ: Mapping[str, str],
    has_file: Callable[[], bool],
    saved: Callable[[], str | None],
) -> Place:
    """What is asked only if nothing before it says anything is a function."""
    if server or config is not None:
        return Place(server, "--server") if server else Place(None, "-c")
    if environ.get(SERVER) or environ.get(CONFIG):
        return Place(environ[SERVER], SERVER) if environ.get(SERVER) else Place(None, CONFIG)
    if has_file():
        return Place(None, "a configuration file on this host")
    last = saved()
    return Place(last, LAST_LOGIN if last else "default")
