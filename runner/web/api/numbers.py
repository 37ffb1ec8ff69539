"""Runs and drift reports in addresses: by their names, such as `run-184` and `dr-12`."""

from runner.errors import ReportNotFound, RunNotFound

RUN, REPORT = "run", "dr"
MOST_DIGITS = 18  # SQLite can count further


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
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS else None


def run_path(run: str) -> str:
    return f"/runs/{run}"
