"""The tests of commands, once more with every command answered by a server."""

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


def _take_over(module: ModuleType) -> None:
    """Its fixtures too."""
    for name, value in vars(module).items():
        if name not in HOST_ONLY and getattr(value, "__module__", "") == module.__name__:
            globals()[name] = value


for _name in MODULES:
    _take_over(import_module(_name))


@pytest.fixture(autouse=True)
def afar(monkeypatch: pytest.MonkeyPatch) -> None:
    every_command_afar(monkeypatch)
