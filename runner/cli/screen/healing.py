"""Self-healing, drawn: what a heal would do, and which rule decides about each part of it."""

from runner.cli.screen.facts import Fact, fact_lines
from runner.cli.screen.output import Cell, Colour, Screen, Table
from runner.view.healing import HealPage, HealPart

HEADS = ("", "RESOURCE", "ATTRIBUTE", "DOES", "WHY")
_COLOURS: dict[str, Colour] = {"heal": "green", "ask": "yellow", "ignore": "dim"}


def heal_screen(of: HealPage) -> Screen:
    plan = "its own plan" if of.planned else "the plan of the check; a heal is planned again"
    answer = Cell("yes", "green") if of.by_itself else Cell(f"no: {of.waits_for}", "yellow")
    facts: list[Fact] = [
        ("stack", of.stack),
        ("plan", f"{of.run}, {plan}"),
        ("action", f"{of.healing.action} ({of.healing.why})"),
        ("today", f"{of.healing.today} of {of.healing.per_day} heals in the last 24 hours"),
        ("by itself", answer),
        *(("" if number else "in the way", one) for number, one in enumerate(of.obstacles)),
    ]
    yield Cell(of.report, "bold")
    yield from fact_lines(facts)
    yield ""
    yield Table(HEADS, [_row(part) for part in of.parts], empty="The plan changes no resource.")


def _row(of: HealPart) -> tuple[str | Cell, ...]:
    return (Cell(of.do, _COLOURS[of.do]), of.address, of.attribute or "-", of.action, of.reason)
