"""A job and its result are the same on both ends of a wire, and hold no secret of the installation."""

import json
import typing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from messages import anything, messages, reachable, samples, types_in

from runner.model.execution.job import (
    ApplyResult,
    Job,
    JobSource,
    LockResult,
    Phase,
    PlanFailure,
    PlanResult,
    Result,
)
from runner.model.settings.source import Allow, SourceAuth, SourceSettings
from runner.model.values.codec import from_plain, to_plain

MESSAGES = messages()
RESULTS = typing.get_args(Result)
any_kind = pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: str(kind.__name__))


def again(kind: Any, value: Any) -> Any:
    return from_plain(kind, json.loads(json.dumps(to_plain(value))))


def test_the_messages_are_those_that_the_code_names() -> None:
    assert {Job, PlanResult, PlanFailure, ApplyResult, LockResult} <= set(MESSAGES)
    assert {job.phase for job in samples(Job)} == set(Phase)


@any_kind
def test_every_variant_comes_back_as_it_was(kind: Any) -> None:
    for value in samples(kind):
        read = again(kind, value)
        assert read == value
        assert types_in(read) == types_in(value)


@pytest.mark.parametrize("kind", RESULTS, ids=lambda kind: str(kind.__name__))
def test_whoever_gets_a_result_knows_which_it_is(kind: Any) -> None:
    for value in samples(kind):
        assert type(again(Result, value)) is kind
        assert again(Result, value) == value


@any_kind
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_whatever_a_message_holds_comes_back(kind: Any, data: st.DataObject) -> None:
    value = data.draw(anything(kind))
    assert again(kind, value) == value


@any_kind
def test_a_message_has_no_place_for_credentials(kind: Any) -> None:
    inside = set(reachable(kind))
    assert not inside & {SourceAuth, SourceSettings}
    # What is kept out of a repr is a secret, or a path to one. A run elsewhere gets the password of its own state, which
    # ends with it.
    hidden = {f"{one.__name__}.{part.name}" for one in inside for part in fields(one) if not part.repr}
    assert hidden <= {"ServedState.password"}
    assert Path not in {hint for one in inside for hint in typing.get_type_hints(one).values()}


AUTH = SourceAuth(token="s3cret")
CONFIGURED = SourceSettings("infra", "https://git.example.com/infra.git", branch="live", auth=AUTH)


def test_a_worker_logs_in_with_what_it_is_configured_with_itself() -> None:
    source = JobSource.of(CONFIGURED)
    assert "s3cret" not in json.dumps(to_plain(source))
    assert source.with_login([CONFIGURED]) == CONFIGURED


@pytest.mark.parametrize("moved", [{"url": "https://elsewhere.example.com/infra.git"}, {"name": "other"}])
def test_credentials_go_nowhere_else_than_they_were_configured_for(moved: dict[str, str]) -> None:
    source = JobSource(
        **{"name": "infra", "url": CONFIGURED.url, **moved}, branch="live", max_size="2GB", allow=Allow()
    )
    assert source.with_login([CONFIGURED]).auth == SourceAuth()
