"""Whether a plan was made by an older engine than what it is about: judged by the last apply and by the state."""

import pytest

from runner.model.approval.binding import EngineFacts
from runner.model.approval.guardrails import engine_problem


def facts(engine: str, version: str, state: str = "") -> EngineFacts:
    return EngineFacts(engine=engine, version=version, state_version=state)


CASES = {
    "never applied, new state": (None, facts("terraform", "1.9.8"), None),
    "never applied here, written by a newer one": (
        None,
        facts("terraform", "1.9.8", "1.14.9"),
        "the state was written by 1.14.9",
    ),
    "written by somebody newer than the last apply": (
        facts("terraform", "1.9.8"),
        facts("terraform", "1.11.4", "1.14.9"),
        "the state was written by 1.14.9",
    ),
    "the last apply is newer than the state, which had no change since": (
        facts("terraform", "1.14.9"),
        facts("terraform", "1.11.4", "1.12.0"),
        "last applied with 1.14.9",
    ),
    "both the same": (
        facts("terraform", "1.14.9"),
        facts("terraform", "1.11.4", "1.14.9"),
        "last applied with 1.14.9",
    ),
    "newer than both": (facts("terraform", "1.9.8"), facts("terraform", "1.14.9", "1.11.4"), None),
    "to the other engine, whose numbers are others": (
        facts("terraform", "1.14.9"),
        facts("tofu", "1.10.6", "1.14.9"),
        None,
    ),
    "a state that tofu takes over": (None, facts("tofu", "1.10.6", "1.14.9"), None),
    "tofu after tofu": (
        facts("tofu", "1.10.6"),
        facts("tofu", "1.10.6", "1.12.6"),
        "the state was written by 1.12.6",
    ),
    "a state that names no version": (None, facts("terraform", "1.9.8", "development"), None),
    "a pre-release after its release": (
        None,
        facts("terraform", "1.15.0-rc1", "1.15.0"),
        "the state was written by 1.15.0",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_newest_of_last_apply_and_state_counts(case: str) -> None:
    applied, now, reason = CASES[case]
    found = engine_problem(applied, now)
    assert found == (reason and f"the engine goes back: {now.version}, {reason}")
