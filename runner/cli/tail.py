"""The log of a run as it grows."""

from collections.abc import Iterator

from runner.api.logs import read_log
from runner.cli.invocation import Cli
from runner.view.log import LogPart


class LogTail:
    """The lines that the log of a run gets, each once."""

    def __init__(self, cli: Cli, run: int) -> None:
        self._cli = cli
        self._run = run
        self._offset = 0
        self._partial = ""

    def look(self, *, last: bool = False) -> tuple[LogPart, list[str]]:
        """The next part, and its lines. With `last`, or where nothing more comes, also a line that has no end."""
        part = self._cli.call(read_log, self._run, offset=self._offset)
        self._offset = part.next
        *whole, self._partial = (self._partial + part.text).split("\n")
        if self._partial and (part.over or (last and part.end)):
            whole.append(self._partial)
            self._partial = ""
        return part, [line.removesuffix("\r").expandtabs(4) for line in whole]

    def lines(self, *, last: bool) -> Iterator[str]:
        """All that has been written since."""
        while True:
            part, lines = self.look(last=last)
            yield from lines
            if part.end:
                return
