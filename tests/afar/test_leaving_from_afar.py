"""Stacks that leave Git, once more with every command answered by a server."""

import pytest
from afar_world import every_command_afar
from test_leaving import *  # noqa: F403 - its tests and its fixtures


@pytest.fixture(autouse=True)
def afar(monkeypatch: pytest.MonkeyPatch) -> None:
    every_command_afar(monkeypatch)
