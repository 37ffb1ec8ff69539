"""A window on the command line: what waits for it, who is told so, and the owner who does not wait."""

import os
import pwd
from pathlib import Path

import pytest
from cli_world import World, planned

ME = pwd.getpwuid(os.getuid()).pw_name
FROZEN = 'windows: [{freeze: ["2026-01-01/2999-12-31"], reason: the year end}]\n'
OPEN_TO_ME = FROZEN + f"approvals: {{author_may_approve: true, owners: [{ME}]}}"
CLOSED = "rule 1 of windows: freeze 2026-01-01/2999-12-31 (the year end); opens Wed 3000-01-01 00:00 UTC"


@pytest.fixture
def frozen(tmp_path: Path) -> World:
    """`app` is approved as run-1, and no apply may start before the year 3000."""
    world = planned(tmp_path, config=OPEN_TO_ME)
    world.approve("run-1")
    return world


def test_who_approves_is_told_beforehand_and_afterwards(tmp_path: Path) -> None:
    world = planned(tmp_path, config=OPEN_TO_ME)
    digest = world.json("run", "show", "1")["plan_digest"]
    said = world.run("approve", "run-1", "--digest", digest[:12], "--yes")
    assert f"{CLOSED}; the apply waits until then" in said.stdout
    assert "It will be applied later: run-1 is approved and waits for its window" in said.stderr


def test_every_page_says_what_it_waits_for(frozen: World) -> None:
    assert (
        f"run-1  app  opens Wed 3000-01-01 00:00 UTC  {CLOSED.partition(';')[0]}"
        in frozen.run("status").stdout
    )
    assert CLOSED in frozen.run("run", "show", "1").stdout
    assert f"waits for its window: {CLOSED}" in frozen.run("stack", "show", "app").stdout
    assert "waits for its window" in frozen.run("stack", "list").stdout
    status = frozen.json("status")
    assert status["windows"][0]["closed"]["opens_at"] == "3000-01-01T00:00:00Z"
    assert status["needs"] == []


def test_apply_says_when_it_opens_and_what_an_owner_may_do(frozen: World) -> None:
    refused = frozen.run("apply", "run-1", expect=3)
    assert f"run-1 waits for its window: {CLOSED}" in refused.stderr
    assert 'driftline apply run-1 --break-glass -m "..."' in refused.stderr
    assert frozen.json("run", "show", "1")["state"] == "approved"


@pytest.mark.parametrize("words", [["--break-glass"], ["-m", "now"]])
def test_breaking_the_glass_needs_a_reason_and_a_reason_is_for_nothing_else(
    frozen: World, words: list[str]
) -> None:
    assert "--break-glass needs a reason" in frozen.run("apply", "run-1", *words, expect=64).stderr


def test_an_owner_applies_at_once_and_it_stays_on_the_run(frozen: World) -> None:
    said = frozen.run("apply", "run-1", "--break-glass", "-m", "customers cannot pay")
    assert f"run-1 is applied outside its window: {CLOSED}" in said.stderr
    assert "run-1 of app is applied" in said.stderr
    assert "customers cannot pay" in frozen.run("run", "show", "1").stdout
    page = frozen.json("run", "show", "1")
    assert (page["state"], page["break_glass"]["by"]) == ("applied", ME)
    assert "run-1 of app is applied outside its windows by" in frozen.run("events").stdout
    assert "apply.break_glass" in frozen.run("audit", "log").stdout


def test_who_is_no_owner_waits(tmp_path: Path) -> None:
    world = planned(tmp_path, config=FROZEN + "approvals: {author_may_approve: true}")
    world.approve("run-1")
    refused = world.run("apply", "run-1", "--break-glass", "-m", "now", expect=6)
    assert "approvals.owners names nobody" in refused.stderr
    assert f"owners: [{ME}]" in refused.stderr
    assert world.json("run", "show", "1")["state"] == "approved"


def test_config_validate_warns_of_windows_that_are_hardly_meant(tmp_path: Path) -> None:
    more = """\
windows:
  - {match: {labels: {env: prod}}, allow: [daily]}
  - {freeze: ["2001-12-20/2002-01-03"]}
  - {allow: [mon]}
  - {allow: [tue]}
"""
    world = planned(tmp_path, config=more)
    said = world.run("config", "validate").stderr
    assert "rule 1 of windows matches no stack; it selects labels env=prod" in said
    assert "rule 2 of windows: freeze 2001-12-20/2002-01-03 is over" in said
    assert "applies of app never start" in said


def test_config_validate_points_into_the_text_of_a_window(tmp_path: Path) -> None:
    world = World(tmp_path, more="windows:\n  - allow: [mon-fri 08:00-16:00 Europe/Berln]\n  - {reason: x}\n")
    said = world.run("config", "validate", expect=None).stdout
    assert 'windows[0].allow[0]: "Europe/Berln" is not a time zone, at column 21 of the text' in said
    assert 'did you mean "Europe/Berlin"?' in said
    assert "windows[1]: closes nothing; add allow or freeze" in said
