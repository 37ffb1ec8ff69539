"""What an apply may have left when its process is gone, and what its run is then."""

import json
from collections.abc import Mapping

from runner.model.run.life import State

RECEIPT = json.dumps({"run": "run-1"})


def ended(exit_code: int) -> str:
    return json.dumps({"exit_code": exit_code, "seconds": 1.0})


def refused(reason: str) -> str:
    return json.dumps({"refused": reason})


def hook(kind: str) -> str:
    resource = {"addr": "terraform_data.one"}
    return json.dumps({"type": kind, "@message": kind, "hook": {"resource": resource, "action": "create"}})


def error(summary: str) -> str:
    diagnostic = {"severity": "error", "summary": summary, "detail": ""}
    return json.dumps({"type": "diagnostic", "@message": summary, "diagnostic": diagnostic})


def log(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


STARTED = hook("apply_start")
DONE = hook("apply_complete")
SUMMED = json.dumps(
    {
        "type": "change_summary",
        "@message": "Apply complete!",
        "changes": {"add": 1, "change": 0, "remove": 0, "operation": "apply"},
    }
)
WORKED = {
    "receipt": RECEIPT,
    "apply.result": ended(0),
    "apply.jsonl": log(STARTED, DONE, SUMMED),
    "state": json.dumps({"version": 4, "serial": 1, "lineage": "made-by-it", "resources": []}),
}
WENT_WRONG = log(STARTED, hook("apply_errored"), error("quota exceeded"))
SAID = log('{"@message": "hello"}')

# What lies there, and what the run is then. Nothing of it depends on who looks, or on how often.
ROWS: dict[str, tuple[Mapping[str, str], State]] = {
    "it worked": (WORKED, State.APPLIED),
    "it says that it worked, and its state does not": (
        {name: text for name, text in WORKED.items() if name != "state"},
        State.INTERRUPTED,
    ),
    "it ended well and said nothing": ({"receipt": RECEIPT, "apply.result": ended(0)}, State.INTERRUPTED),
    "it worked before it saw the request to stop": (
        {**WORKED, "apply.stop": ""},
        State.APPLIED,
    ),
    "it failed": (
        {"receipt": RECEIPT, "apply.result": ended(1), "apply.jsonl": WENT_WRONG},
        State.APPLY_FAILED,
    ),
    "it failed with a resource begun and not ended": (
        {"receipt": RECEIPT, "apply.result": ended(1), "apply.jsonl": log(STARTED, error("no more"))},
        State.INTERRUPTED,
    ),
    "its provider died": (
        {
            "receipt": RECEIPT,
            "apply.result": ended(1),
            "apply.jsonl": log(STARTED, hook("apply_errored"), error("Plugin did not respond")),
        },
        State.INTERRUPTED,
    ),
    "it was asked to stop": (
        {"receipt": RECEIPT, "apply.result": ended(1), "apply.stop": "", "apply.jsonl": WENT_WRONG},
        State.INTERRUPTED,
    ),
    "it was killed": ({"receipt": RECEIPT, "apply.result": ended(-9)}, State.INTERRUPTED),
    "it panicked": (
        {"receipt": RECEIPT, "apply.result": ended(11), "apply.stderr": "panic: nil map\n"},
        State.INTERRUPTED,
    ),
    "its result is torn": (
        {"receipt": RECEIPT, "apply.result": '{"exit_co', "apply.jsonl": log(STARTED, DONE)},
        State.INTERRUPTED,
    ),
    "it died before it said anything": ({"receipt": RECEIPT}, State.INTERRUPTED),
    "it died in the middle": ({"receipt": RECEIPT, "apply.jsonl": log(STARTED)}, State.INTERRUPTED),
    "it said something and its receipt is gone": ({"apply.jsonl": SAID}, State.INTERRUPTED),
    "it complained and its receipt is gone": ({"apply.stderr": "x\n"}, State.INTERRUPTED),
    "it never began": ({}, State.APPROVED),
    "its result is torn and everything else is gone": ({"apply.result": ""}, State.INTERRUPTED),
    "it worked and its receipt is gone": (
        {name: text for name, text in WORKED.items() if name != "receipt"},
        State.APPLIED,
    ),
    "it never began, with empty files": ({"apply.jsonl": "", "apply.stderr": ""}, State.APPROVED),
    "it could not be started": (
        {"receipt": RECEIPT, "apply.result": refused("it could not be started: EACCES")},
        State.APPROVED,
    ),
    "this plan was handed over before": (
        {"receipt": RECEIPT, "apply.result": refused("this plan was handed to terraform before")},
        State.SUPERSEDED,
    ),
    "terraform refused it as stale": (
        {"receipt": RECEIPT, "apply.result": ended(1), "apply.jsonl": log(error("Saved plan is stale"))},
        State.SUPERSEDED,
    ),
    "somebody else held the state": (
        {
            "receipt": RECEIPT,
            "apply.result": ended(1),
            "apply.jsonl": log(error("Error acquiring the state lock")),
        },
        State.APPROVED,
    ),
    "stale, it says, after it had begun": (
        {
            "receipt": RECEIPT,
            "apply.result": ended(1),
            "apply.jsonl": log(STARTED, error("Saved plan is stale")),
        },
        State.INTERRUPTED,
    ),
}
