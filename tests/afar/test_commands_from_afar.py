"""The tests of commands, once more with every command answered by a server.

What a command does, its own test shows, and that a server's answer is the same to the byte, `test_same_bytes.py`. Here always runs
what asks a server for something that is asked nowhere there. The others repeat it.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import ModuleType

import pytest
from afar_world import every_command_afar

MODULES = (
    "test_approving_and_applying",
    "test_several_at_once",
    "test_windows_and_glass",
    "test_what_an_approver_sees",
    "test_what_goes_on",
    "test_promotions_shown",
    "test_looking_and_holding",
    "test_drift_commands",
    "test_healing_commands",
    "test_newest_code_refused",
    "test_one_answer_to_many",
)
# test -> why it is about the host
HOST_ONLY = {
    "test_a_daemon_plans_nothing_that_waits": "only the daemon works in it",
    "test_an_order_against_depends_on_is_refused_with_its_place": "it is about the configuration",
}
# test -> what it alone asks, or is answered
ALWAYS = {
    "test_a_run_without_changes_is_refused_in_a_sentence": "to apply and to reject what is over",
    "test_an_interrupted_run_is_to_be_resolved_wherever_one_looks": "a lock and a plan of a locked stack",
    "test_an_owner_applies_at_once_and_it_stays_on_the_run": "the windows of a run, and to apply outside of them",
    "test_planning_a_later_stage_is_refused_with_the_way_on": "the next stage of a promotion, which waits",
    "test_stacks_of_a_label_are_paused_and_resumed": "a plan of a paused stack",
    "test_the_stack_is_planned_as_ever_once_it_is_fixed": "a plan of code that is refused",
    "test_the_way_out_is_one": "evidence, a word on an interrupted run, and its lock",
    "test_what_is_asked_wrongly_is_said": "a promotion, and a stage that is none",
    "test_what_is_protected_needs_the_name_of_the_stack": "an approval that a guard rail stops",
    "test_who_is_no_owner_waits": "to apply outside of windows, which is not allowed",
}


def _take_over(module: ModuleType) -> None:
    """Its fixtures too."""
    for name, value in vars(module).items():
        if name not in HOST_ONLY and getattr(value, "__module__", "") == module.__name__:
            repeats = name.startswith("test_") and name not in ALWAYS
            globals()[name] = (
                _repeating(value, f"tests/cli/{module.__name__}.py::{name}") if repeats else value
            )


def _repeating(test: Callable[..., None], of: str) -> Callable[..., None]:
    """A function of its own: the one of the host always runs."""

    @wraps(test)
    def again(*arguments: object, **given: object) -> None:
        test(*arguments, **given)

    repeating: Callable[..., None] = pytest.mark.thorough(of=of)(again)
    return repeating


for _name in MODULES:
    _take_over(import_module(_name))


@pytest.fixture(autouse=True)
def afar(monkeypatch: pytest.MonkeyPatch) -> None:
    every_command_afar(monkeypatch)


def test_what_always_runs_is_taken_over() -> None:
    assert ALWAYS.keys() <= globals().keys()
