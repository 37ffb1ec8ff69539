"""Runs and drift reports in addresses: by their names, such as `run-184` and `dr-12`."""

from collections.abc import Mapping

from runner.errors import ReportNotFound, RunNotFound
from runner.model.values.number import number_of

RUN, REPORT = "run", "dr"
_PAGES: Mapping[str, str] = {RUN: "/runs", REPORT: "/drift"}


def run_number(name: str) -> int:
    number = number_in(name, RUN)
    if number is None:
        raise RunNotFound(run=name)
    return number


def report_number(name: str) -> int:
    number = number_in(name, REPORT)
    if number is None:
        raise ReportNotFound(report=name)
    return number


def number_in(name: str, prefix: str, *, bare: bool = False) -> int | None:
    """None for anything else; with `bare`, the number by itself is enough."""
    digits = name.removeprefix(f"{prefix}-")
    if digits == name and not bare:
        return None
    return number_of(digits)


def run_path(run: str) -> str:
    return f"/runs/{run}"


def page_of_name(name: str) -> str | None:
    """The page of a run or a drift report; None for any other name."""
    return next(
        (f"{path}/{name}" for prefix, path in _PAGES.items() if number_in(name, prefix) is not None), None
    )
