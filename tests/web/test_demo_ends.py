"""The demo ends with its dashboard, where somebody looks."""

from pathlib import Path

import httpx2
from cli_world import World

from runner.cli.look_around import serve, somebody_looks


def test_its_address_is_shown_once_it_answers_and_gone_after_ctrl_c(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run("db", "migrate")
    shown: list[str] = []

    def look() -> None:
        assert httpx2.get(f"{shown[0]}/healthz").status_code == 200
        raise KeyboardInterrupt

    serve(world.app, shown.append, look)
    (address,) = shown
    try:
        httpx2.get(f"{address}/healthz")
    except httpx2.ConnectError:
        return
    raise AssertionError("it goes on")


def test_without_a_terminal_nobody_looks() -> None:
    assert not somebody_looks()
