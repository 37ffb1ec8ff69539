"""Spans, times and what is left out, as a server is told them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from afar_world import run_afar
from cli_world import World, planned


@pytest.mark.parametrize(("span", "lasts"), [("90d", timedelta(days=90)), ("1h30m", timedelta(hours=1.5))])
def test_a_token_from_afar_expires_when_it_was_said(tmp_path: Path, span: str, lasts: timedelta) -> None:
    world = World(tmp_path)
    run_afar(world, "token", "create", "ci", "--expires", span)
    (token,) = world.json("token", "list")
    created, expires = (datetime.fromisoformat(token[name]) for name in ("created_at", "expires_at"))
    assert expires - created == lasts


def test_a_token_from_afar_without_a_span_does_not_expire(tmp_path: Path) -> None:
    world = World(tmp_path)
    run_afar(world, "token", "create", "ci")
    assert world.json("token", "list")[0]["expires_at"] is None


@pytest.mark.parametrize("how", [(), ("--for", "4h"), ("--until", "2040-01-01T00:00:00Z")])
def test_a_pause_from_afar_ends_when_it_was_said(tmp_path: Path, how: tuple[str, ...]) -> None:
    world = planned(tmp_path)
    run_afar(world, "pause", "app", "-m", "moving", *how)
    assert (world.json("stack", "show", "app")["pause"]["until"] is None) == (how == ())
