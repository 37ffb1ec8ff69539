"""Which server a command is for, or the installation on this host: the first that is said counts."""

from collections.abc import Callable, Mapping

from runner.model.values.frozen import dataclass

SERVER, CONFIG = "DRIFTLINE_SERVER", "DRIFTLINE_CONFIG"


@dataclass(frozen=True)
class Place:
    """`server` is None for an installation on this host."""

    server: str | None
    because: str


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
    return Place(last, "the last login" if last else "default")
