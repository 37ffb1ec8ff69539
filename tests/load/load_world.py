"""Stacks whose provider throttles when a test says so, and a machine with as much memory as a test says."""

from dataclasses import dataclass
from pathlib import Path

from world import ANA, World

from runner.model.run.life import Run
from runner.service.cycle.dispatch import next_assignment
from runner.service.operator import request
from runner.service.queue.assignment import Assignment

# TF_VAR_throttle is the cloud's mood.
BODY = """\
variable "throttle" {{
  default = "no"
}}
resource "terraform_data" "one" {{
  input = "{value}"
  lifecycle {{
    precondition {{
      condition     = var.throttle == "no"
      error_message = "reading Parameter: api error ThrottlingException: Rate exceeded"
    }}
  }}
}}
"""
IN_AWS = "aws: {region: eu-west-1}\n"


@dataclass
class Machine:
    free: int

    def available(self) -> int:
        return self.free

    def total(self) -> int:
        return self.free


class Place(World):
    """With stacks that are applied."""

    def __init__(self, root: Path, *stacks: str, rules: str = IN_AWS, config: str = "") -> None:
        super().__init__(root, config, engines="  env: [TF_VAR_throttle]\n")
        for name in stacks:
            self.applied(name, rules=rules, body=BODY)

    def check(self, *stacks: str) -> list[Run]:
        """Queue checks."""
        return request.request_check(self.app.control, stacks, ANA)[0]

    def next(self, taken: dict[int, int] | None = None) -> Assignment | None:
        return next_assignment(self.app.control, taken=taken or {})

    def has(self, free: int) -> Machine:
        """As much memory as that is free."""
        machine = Machine(free)
        self.app.__dict__["memory"] = machine
        return machine


def started(assignment: Assignment | None) -> str | None:
    return assignment.job.stack.name if assignment else None
