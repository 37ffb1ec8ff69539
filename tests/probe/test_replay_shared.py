"""Which checks may ask one provider process: those that would have started it no earlier."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from runner.probe.replay.process import Process
from runner.probe.replay.shared import LONGEST_SECONDS, Asker, SharedProviders


@dataclass
class FakeProcess:
    """Of a provider that says nothing."""

    temporary: Path
    launched: Any = None
    configured: bytes | None = None
    ended: bool = False

    def end(self) -> None:
        self.ended = True


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedProviders]:
    monkeypatch.setattr("runner.probe.replay.shared.note_process", lambda *_: None)
    made = SharedProviders(tmp_path)
    yield made
    made.close()


def fake(own: Path, _: ExitStack) -> Process:
    process = FakeProcess(own, SimpleNamespace(process=SimpleNamespace(pid=0)))
    return cast("Process", process)


def asked(shared: SharedProviders, stack: str, run: str = "run-1", since: float = 0.0) -> FakeProcess:
    """The process that answers."""

    with shared.lent("key", Asker(stack, run, since), fake, lambda _: b"") as process:
        return cast("FakeProcess", process)


def test_two_stacks_ask_one_process(shared: SharedProviders) -> None:
    assert asked(shared, "web") is asked(shared, "shop")


def test_one_check_asks_it_for_each_of_its_configurations(shared: SharedProviders) -> None:
    assert asked(shared, "web") is asked(shared, "web")


def test_the_next_check_of_a_stack_asks_another_one(shared: SharedProviders) -> None:
    assert asked(shared, "web") is not asked(shared, "web", "run-2")


def test_a_check_that_was_asked_for_after_its_start_asks_another_one(shared: SharedProviders) -> None:
    before = time.time()
    first = asked(shared, "web")
    assert asked(shared, "shop", since=before) is first
    assert asked(shared, "blog", since=time.time()) is not first


def test_after_an_apply_no_check_asks_it(shared: SharedProviders) -> None:
    first = asked(shared, "web")
    shared.renew()
    assert asked(shared, "shop") is not first


def test_after_its_longest_time_no_check_asks_it(
    shared: SharedProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = asked(shared, "web")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + LONGEST_SECONDS + 1)
    assert asked(shared, "shop") is not first


def test_one_that_is_asked_while_it_becomes_too_old_answers_to_the_end(shared: SharedProviders) -> None:
    with shared.lent("key", Asker("web", "run-1"), fake, lambda _: b"") as process:
        shared.renew()
        asked(shared, "shop")
        assert not cast("FakeProcess", process).ended


def test_they_all_end_with_the_engine_that_had_them(shared: SharedProviders) -> None:
    processes = [asked(shared, "web")]
    shared.renew()
    processes.append(asked(shared, "shop"))
    shared.close()
    assert [one.ended for one in processes] == [True, True]
