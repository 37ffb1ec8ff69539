"""Runs in addresses: by their name, such as `run-184`."""

from runner.errors import RunNotFound

PREFIX = "run-"


def run_number(name: str) -> int:
    digits = name.removeprefix(PREFIX)
    if digits == name or not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise RunNotFound(run=name)
    return int(digits)


def run_path(run: str) -> str:
    return f"/runs/{run}"
