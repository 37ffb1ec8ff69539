"""The rules that reach a stack, drawn."""

from collections.abc import Iterator

from runner.cli.screen.output import Cell, Screen, Table
from runner.cli.screen.terms import terms_rows
from runner.config.written import written
from runner.view.rules import RuleRow, RulesPage

HEADS = ("RULE", "APPLIES", "SAYS", "DECIDES", "WHY")


def rules_screen(page: RulesPage) -> Screen:
    yield Cell(page.stack, "bold")
    for name, value in terms_rows(page.terms):
        yield [Cell(f"  {name:<12} ", "dim"), *value]
    for limit in page.limits:
        yield [Cell(f"  {limit.key:<12} ", "dim"), f"{limit.value}  ", Cell(f"by {limit.by}", "dim")]
    yield ""
    empty = "No rules. Rules for some stacks are described in docs/approvals.md and docs/guardrails.md."
    yield Table(HEADS, [list(_cells(rule)) for rule in page.rules], empty=empty)


def _cells(of: RuleRow) -> Iterator[Cell | str]:
    yield of.name
    yield Cell("yes", "green") if of.applies else Cell("no", "dim")
    yield "; ".join(f"{key}: {written(value)}" for key, value in of.says.items())
    yield ", ".join(of.decides)
    yield "; ".join(text for text in (of.reason, of.why) if text)
