"""The web server as a child of the daemon: in its own memory, so that its crash, its hang or a flood disturbs no run."""

from runner.host.log import log
from runner.process.kept import Ended, Keeper, Kept


class WebServer:
    """Kept from `serve` until `close`, with the configuration that was on disk at the last `serve`."""

    def __init__(self) -> None:
        self._keeper: Keeper | None = None

    def serve(self, wanted: Kept | None) -> None:
        """Start it, or start it anew; None stops it."""
        if self._keeper is None and wanted is not None:
            self._keeper = Keeper("web", tell_end)
        if self._keeper is not None:
            self._keeper.turn_to(wanted)

    def close(self) -> None:
        if self._keeper is not None:
            self._keeper.close()


def tell_end(ended: Ended) -> None:
    log.error(
        "web.ended",
        exit_code=ended.exit_code,
        hung=ended.hung,
        lived=f"{ended.lived:.0f}s",
        again_in=f"{ended.pause:.0f}s",
    )
