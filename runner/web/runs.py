"""Runs in addresses: by their name, such as `run-184`."""

from runner.errors import RunNotFound

PREFIX = "run-"
MOST_DIGITS = 18  # what SQLite can count to


def run_number(name: str) -> int:
    number = number_in(name, PREFIX)
    if number is None:
        raise RunNotFound(run=name)
    return number


def number_in(name: str, prefix: str) -> int | None:
    digits = name.removeprefix(prefix)
    if digits == name or not (digits.isascii() and digits.isdigit()) or len(digits) > MOST_DIGITS:
        return None
    return int(digits)


def run_path(run: str) -> str:
    return f"/runs/{run}"
