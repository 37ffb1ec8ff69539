"""What a command prints and how it ends is the same on the host and from afar, byte for byte."""

import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from afar_world import daemon, run_afar, work_of
from cli_world import World, applied, drifted, planned
from click.testing import Result

from runner.host.clock import SystemClock
from runner.remote.client import Remote

DIGEST = "{digest}"  # of the plan of run-1
# That change nothing, so that both ways can ask one world.
LOOKS = """\
status
status -o json
stack list
stack list -l env=test -o json
stack list -l nonsense
stack show app
stack show app -o json
stack show nope
stack show app --rules
run list
run list --state awaiting_approval --kind change --stack app -o json
run list --stack nope
run list --limit 0
run show run-1
run show 1 -o json
run show 7
run diff 1
run diff 1 --full
run diff 1 -o json
run wait 1 --until planned
run wait 1 --until planned -o json
run artifact 1
run artifact 1 plan.json
run artifact 1 plan.tfplan
run artifact 1 nope
run artifact 1 ../audit
run artifact 7
logs 1
logs -f 1
logs 7
lock list
source list
source check infra
source check nope
promote
promote nope
history
history app --by root
history nope
stack history app -o json
audit log
audit log --stack app -n 2 -o json
audit log --subject run-1 --since 1d
audit log --since yesterday
events --stack app -o json
audit export
audit verify
audit verify --anchor 1:0000000000000000000000000000000000000000000000000000000000000000
audit verify --anchor 1
events
events -o json
events --topic run.* --stack app -n 2
events --topic nonsense
events --dead
stack graph
stack graph app -o json
stack graph nope
stack graph -l env=test -o mermaid
policy list
policy list -o json
drift list
drift list --open -o json
drift show 1
drift heal 1 --explain
"""
PLANNED_LOOKS = """\
approve 1
approve 1 --yes
approve -l env=test
approve -l env=none
approve 1 7
apply 1
apply 1 --break-glass
"""
DEEDS = """\
approve 1 --yes --digest {digest}
approve 1 --yes --digest {digest} -m fine -o json
approve 1 --yes --digest abc
approve 1 --yes --digest 000000000000
approve 1 --yes --digest {digest} --accept-destroys 3
approve 1@{digest} 7 --yes
approve -l env=test --yes
reject 1 -m no
reject 1 -m no -o json
reject 1 7 -m no
reject -l env=test -m no
apply 1 --break-glass -m now
run cancel 1
run cancel 1 --force
plan nope
plan app --no-wait
plan app --straight -m now
plan app --ref nope
plan -l env=none
lock take app -m mine
lock release app -m mine
source sync
source sync nope
pause app -m mine
pause app -m mine --for 4h
pause app -m mine --until 2030-01-01
pause app -m mine --until 2020-01-01
pause -l env=test -m mine --yes
pause nope -m mine
resume app
resume -l env=test
stack forget app --yes
stack rename app other --yes
stack accept-state app -m moved --yes
lock force-unlock app -m mine --yes
run resolve 1 --as applied -m mine --yes
drift check nope
drift trust nope -m mine
"""
DRIFTED = """\
drift list
drift list --all -o json
drift show dr-1
drift show dr-1 --full -o json
drift heal dr-1 --explain
drift heal dr-1 --explain -o json
drift heal dr-1
drift ack dr-1 --until 2w -m known
drift ack dr-1 --until 2020-01-01 -m known -o json
drift check app --acknowledged
drift check --all -o json
"""
# They make plans, whose bytes are never the same twice.
PLANS = """\
plan app
plan app nope -o json
plan -l env=test --detailed-exitcode
plan app --destroy
"""


@pytest.fixture(autouse=True)
def the_clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    monkeypatch.setattr(SystemClock, "now", lambda _: now)
    monkeypatch.setattr(Remote, "now", property(lambda _: now))
    # Beside what stands for a daemon, a command has no log.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def run_here(world: World, *words: str) -> Result:
    with daemon(world.app, work_of(words)):
        return world.run(*words, expect=None)


def ended(result: Result) -> tuple[str, str, int]:
    return result.stdout, result.stderr, result.exit_code


@pytest.mark.parametrize("begin", [planned, applied])
def test_a_look_is_the_same(tmp_path: Path, begin: Callable[[Path], World]) -> None:
    world = begin(tmp_path)
    for words in _commands(LOOKS, world):
        assert ended(run_afar(world, *words, expect=None)) == ended(run_here(world, *words)), words


def test_what_is_refused_or_asked_is_the_same(tmp_path: Path) -> None:
    world = planned(tmp_path)
    for words in _commands(PLANNED_LOOKS, world):
        assert ended(run_afar(world, *words, expect=None)) == ended(run_here(world, *words)), words


@pytest.mark.parametrize("line", DEEDS.splitlines())
def test_a_deed_is_the_same(tmp_path: Path, line: str) -> None:
    world = planned(tmp_path)
    (words,) = _commands(line, world)
    here = run_here(world, *words)
    world = planned(tmp_path)
    assert ended(run_afar(world, *words, expect=None)) == ended(here)


@pytest.mark.parametrize("line", DRIFTED.splitlines())
def test_a_drift_is_the_same(tmp_path: Path, line: str) -> None:
    here = run_here(drifted(tmp_path), *line.split())
    there = run_afar(drifted(tmp_path), *line.split(), expect=None)
    assert _without_digests(there) == _without_digests(here)


@pytest.mark.parametrize("line", PLANS.splitlines())
def test_a_plan_is_the_same_but_for_its_digests(tmp_path: Path, line: str) -> None:
    here = run_here(applied(tmp_path), *line.split())
    there = run_afar(applied(tmp_path), *line.split(), expect=None)
    assert _without_digests(there) == _without_digests(here)


def test_an_apply_is_the_same(tmp_path: Path) -> None:
    found = []
    for run in (run_here, run_afar):
        world = planned(tmp_path)
        world.approve("run-1")
        found.append(ended(run(world, "apply", "run-1")))
    assert found[0] == found[1]


def _commands(lines: str, world: World) -> Iterator[list[str]]:
    digest = world.json("run", "show", "1")["plan_digest"]
    for line in lines.splitlines():
        yield [word.replace(DIGEST, digest[:12]) for word in line.split()]


def _without_digests(result: Result) -> tuple[str, str, int]:
    digests = re.compile(r'\b[0-9a-f]{12,64}\b|"seconds": [0-9.]+|\b\d+\.\d s\b')
    return digests.sub("", result.stdout), digests.sub("", result.stderr), result.exit_code
