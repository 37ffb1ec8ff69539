"""A stack and a run, with all that most tests of a decision do not look at."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from runner.model.run.life import Kind, Run, State, Trigger
from runner.model.stack.definition import Stack, StackDefinition, StateIdentity

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def a_stack(**fields: Any) -> Stack:
    """In Git as it should be, and never applied."""
    made = Stack(
        name="prod/vpc",
        source="infra",
        file="vpc/stack.yaml",
        module_path="vpc",
        definition=StackDefinition("prod/vpc"),
        revision="b" * 40,
        inputs="new",
        identity=StateIdentity("managed", "prod/vpc", "default"),
        managed_state=True,
    )
    return replace(made, **fields)


def a_run(**fields: Any) -> Run:
    """Queued by a push."""
    made = Run(
        id=1,
        stack="prod/vpc",
        source="infra",
        kind=Kind.CHANGE,
        state=State.QUEUED,
        version=1,
        revision="b" * 40,
        inputs="new",
        definition="d",
        trigger=Trigger.PUSH,
        requested_by="driftline",
        created_at=NOW,
        changed_at=NOW,
    )
    return replace(made, **fields)
