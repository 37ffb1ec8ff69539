"""What somebody asks for in a comment: its first line, and only if it begins with our name."""

import re

from runner.model.values.frozen import dataclass

HELP = (
    "driftline plan [STACKS] plans the stacks again that the glob matches, or all; "
    "driftline approve DIGEST approves the plan with this digest; driftline help shows this"
)
LONGEST = 200  # characters of a command


@dataclass(frozen=True)
class PlanAgain:
    stacks: str = "**"


@dataclass(frozen=True)
class ApprovePlan:
    """`digest` begins that of a plan or of its binding."""

    digest: str
    comment: str = ""


@dataclass(frozen=True)
class Help:
    """`unknown` is what was asked for instead."""

    unknown: str = ""


Command = PlanAgain | ApprovePlan | Help

_PLAN = re.compile(r"driftline plan(?: (\S+))?")
_APPROVE = re.compile(r"driftline approve ([0-9a-fA-F]{12,64})")


def first_line(body: str) -> str:
    return " ".join(next((line for line in body.splitlines() if line.strip()), "").split())


def command_of(body: str) -> Command | None:
    """None if nothing is asked for. What follows the first line is for people; with an approval it is its comment."""
    line = first_line(body)
    if line != "driftline" and not line.startswith("driftline "):
        return None
    if len(line) <= LONGEST:
        if plan := _PLAN.fullmatch(line):
            return PlanAgain(plan[1] or "**")
        if approve := _APPROVE.fullmatch(line):
            return ApprovePlan(approve[1].lower(), _rest(body))
    return Help("" if line in {"driftline", "driftline help"} else line[:LONGEST])


def _rest(body: str) -> str:
    lines = body.strip().splitlines()[1:]
    return " ".join(" ".join(lines).split())[:LONGEST]
