"""Drift reports in addresses: by their name, such as `dr-12`."""

from runner.errors import ReportNotFound
from runner.web.runs import number_in

PREFIX = "dr-"


def report_number(name: str) -> int:
    number = number_in(name, PREFIX)
    if number is None:
        raise ReportNotFound(report=name)
    return number
