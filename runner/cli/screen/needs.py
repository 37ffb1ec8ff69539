"""What needs a person, drawn."""

from collections.abc import Iterator

from runner.cli.screen.output import Cell, Line
from runner.view.need import Need, Why

MARKS: dict[Why, Cell] = {
    Why.DISK: Cell("✗ disk full", "red"),
    Why.BROKER: Cell("✗ broker", "red"),
    Why.SILENT: Cell("✗ silent apply", "red"),
    Why.POOL: Cell("✗ no worker", "red"),
    Why.PLACE: Cell("✗ no place", "red"),
    Why.RELOAD: Cell("✗ not loaded", "red"),
    Why.LINGERS: Cell("! still running", "yellow"),
    Why.RESTORED: Cell("! restored", "yellow"),
    Why.CHECKPOINTS: Cell("! checkpoints", "yellow"),
    Why.APPROVAL: Cell("⏸ approval", "yellow"),
    Why.READY: Cell("… apply", "cyan"),
    Why.DRIFT: Cell("● drift", "yellow"),
    Why.CHECK: Cell("! check", "yellow"),
    Why.LOCK: Cell("✗ locked", "red"),
    Why.FAILED: Cell("✗ failed", "red"),
    Why.PROBLEM: Cell("✗ problem", "red"),
    Why.MISSING: Cell("? missing", "yellow"),
    Why.SOURCE: Cell("✗ source", "red"),
    Why.FORGE: Cell("✗ forge", "red"),
    Why.PROBE: Cell("! not probed", "yellow"),
    Why.EVENTS: Cell("✗ events", "red"),
    Why.QUEUE: Cell("✗ queue", "red"),
}


def need_line(of: Need) -> list[Cell | str]:
    """What kind of need, of what, and why."""
    where = f"{of.name} of {of.stack}" if of.stack and of.stack != of.name else of.name
    return [MARKS[of.why], f"  {where}: {of.text}"]


def need_lines(of: Need) -> Iterator[Line]:
    """With the command that goes on from there, or all of them with what they answer."""
    yield ["  ", *need_line(of)]
    wide = max((len(way.answer) for way in of.ways), default=0)
    ways = [f"{way.answer + ':':<{wide + 1}}   {way.command}" for way in of.ways] or [of.command]
    yield from (Cell(f"      {way}", "dim") for way in ways)
