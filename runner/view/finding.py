"""What a check of the installation found."""

from enum import StrEnum

from runner.model.values.frozen import dataclass


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One result. The hint is a command to paste, or says what to do if there is no command."""

    check: str
    state: State
    message: str
    hint: str = ""


FindingRows = tuple[Finding, ...]
