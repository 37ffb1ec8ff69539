"""Each benchmark runs and prints its figures. Nothing is timed here."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# As scripts/bench has it.
PLACES = os.pathsep.join(
    str(ROOT / place) for place in ("scripts", "tests", "tests/probe", "tests/aws", "tests/cloud_events")
)
FIGURES = {
    "poll": ["poll, nothing new, 1 stacks", "poll, nothing new, 3 stacks"],
    "discover": [
        "discover 8 stacks, new process",
        "discover 8 stacks again",
        "whole poll, 1 of 8 stacks moved",
    ],
    "plan": [
        "drift check of an unchanged stack",
        "drift check: terraform processes",
        "plan of an unchanged stack",
        "plan: terraform processes",
        "drift check among the files of 8 stacks",
    ],
    "look": [
        "fingerprint and look of a plan of 20 changes, 0.1 MB",
        "fingerprint and look of a plan of 20 changes, 0.1 MB: memory",
    ],
    "commands": [
        "driftline version",
        "driftline run list, 3 stacks, 6 runs",
        "driftline stack list, 3 stacks, 6 runs",
        "driftline stack list -o json, 3 stacks, 6 runs",
    ],
    "approvals": ["one approval, one command", "2 approvals, one command"],
    "events-aws": [
        "events-aws: from an event in EventBridge to the start of its check",
        "events-aws: from a change to its filed report, one probe included",
        "events-aws: checks after a burst of 20 events of one stack",
    ],
    "web": [
        "web: overview, 3 stacks, p95",
        "web: stack list, 3 stacks, p95",
        "web: stack, 3 stacks, p95",
        "web: run, 3 stacks, p95",
        "web: /api/v1/status, 3 stacks, p95",
        "web: /api/v1/stacks, 3 stacks, p95",
        "web: overview, all that its first visit loads",
        "web: overview painted in Chromium, p95",
        "web: stack list, all that its first visit loads",
        "web: stack list painted in Chromium, p95",
        "web: a log of 20,000 lines readable to its end",
        "web: a followed log is behind its file, p95",
        "web: 3 idle listeners of events, memory",
        "web: 3 idle listeners of events, threads",
        "web: answers to many readers",
        "web: a commit is noticed, with 100 requests a second",
        "web: its run begins, with 100 requests a second",
        "web: a commit is noticed, with 100 requests a second for static answers",
        "web: its run begins, with 100 requests a second for static answers",
    ],
    "daemon": [
        "idle daemon, 1 source, VmRSS",
        "daemon with poll: auto, pushed a moment ago, CPU with its git",
        "daemon with 2 sources, poll: auto, nothing for hours, CPU with its git, a source",
    ],
    "fleet": [
        "fleet of 2 workers, 6 stacks, each check takes 3 s: checks",
        "fleet of 2 workers, 6 stacks, each check takes 3 s: a claim, p95",
        "fleet of 2 workers, 6 stacks: checks",
        "fleet of 2 workers, 6 stacks: memory of the web server",
        "fleet of 2 workers, 6 stacks: cores that the web server used",
        "fleet of 2 workers, 6 stacks: cores that announcing used",
        "fleet of 2 workers, 6 stacks: CPU of the web server for a check",
        "fleet of 2 workers, 6 stacks: CPU of announcing for a check",
        "fleet of 2 workers, 6 stacks: commits of the database",
        "2 idle workers: share of a core",
    ],
    "remote": ["a plan by a worker"],
    "policy": ["a policy on 100 changes"],
    "audit": ["audit verify, 60 entries"],
    "lock": ["lock take + release, 2 processes"],
    "shim": ["an apply through the shim"],
    "confine": ["a confined start"],
    "drift": [
        "check of 2 cloudfile resources, cpu",
        "check of 2 cloudfile resources, wall",
        "check of 2 cloudfile resources, replayed in vain, cpu",
        "check of 2 cloudfile resources by a probe, cpu",
        "check of 2 cloudfile resources by a probe, wall",
        "check of 2 cloudfile resources, whole command, cpu",
        "check of 17 cloudfile resources, cpu",
        "check of 17 cloudfile resources, wall",
        "check of 17 cloudfile resources, replayed in vain, cpu",
        "check of 17 cloudfile resources by a probe, cpu",
        "check of 17 cloudfile resources by a probe, wall",
        "check of 17 cloudfile resources, whole command, cpu",
        "first check of a new cloudfile provider",
        "check of 50 terraform_data",
    ],
    "drift-modules": [
        "check of 20 cloudfile resources in modules, cpu",
        "check of 20 cloudfile resources in modules, wall",
        "check of 20 cloudfile resources in modules, replayed in vain, cpu",
        "check of 20 cloudfile resources in modules by a probe, cpu",
        "check of 20 cloudfile resources in modules by a probe, wall",
        "check of 60 cloudfile resources in modules, cpu",
        "check of 60 cloudfile resources in modules, wall",
        "check of 60 cloudfile resources in modules, replayed in vain, cpu",
        "check of 60 cloudfile resources in modules by a probe, cpu",
        "check of 60 cloudfile resources in modules by a probe, wall",
    ],
    "changed": [
        "first plan of 2 cloudfile resources, one changed, cpu",
        "plan of 2 cloudfile resources, one changed, cpu",
        "plan of 2 cloudfile resources, one changed, wall",
        "check of 2 cloudfile resources, one changed, cpu",
        "check of 2 cloudfile resources, one changed, wall",
        "plan of 17 cloudfile resources, one changed, cpu",
        "plan of 17 cloudfile resources, one changed, wall",
        "check of 17 cloudfile resources, one changed, cpu",
        "check of 17 cloudfile resources, one changed, wall",
        "plan of 60 cloudfile resources in modules, one changed, cpu",
        "plan of 60 cloudfile resources in modules, one changed, wall",
        "from a push that is seen to a plan of 2 resources that awaits approval, cpu",
        "from a push that is seen to a plan of 2 resources that awaits approval, wall",
        "3 cloudfile stacks changed by one commit, each, cpu",
        "3 cloudfile stacks changed by one commit, each, wall",
        "plan of a terraform_data, cpu",
    ],
    "drift-sweep": [
        "sweep of 4 cloudfile stacks, clean: cpu a check",
        "sweep of 4 cloudfile stacks, a minute",
        "sweep of 4 cloudfile stacks: reported",
        "sweep of 4 cloudfile stacks: memory per slot",
    ],
}
NEEDS_TERRAFORM = {
    "plan",
    "remote",
    "daemon",
    "drift",
    "drift-modules",
    "drift-sweep",
    "changed",
    "web",
    "events-aws",
}


def bench(*words: str | Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "benchmarks", *map(str, words)]
    return subprocess.run(
        argv, env={**os.environ, "PYTHONPATH": PLACES}, capture_output=True, text=True, check=False
    )


QUICK = [name for name in FIGURES if name not in NEEDS_TERRAFORM]


# That benchmarks run, those show that need neither terraform nor a browser: all of them by one command.
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(QUICK, id="without terraform", marks=pytest.mark.long),
        *(pytest.param([name], id=name, marks=pytest.mark.thorough) for name in sorted(NEEDS_TERRAFORM)),
    ],
)
def test_benchmarks_print_their_figures_beside_their_targets(names: list[str], tmp_path: Path) -> None:
    if names != QUICK and shutil.which("terraform") is None:
        pytest.skip("no terraform on PATH")
    if names == ["web"] and shutil.which("chromium") is None:
        pytest.skip("no chromium on PATH")
    file = tmp_path / "figures.json"
    ran = bench(*names, "--tiny", "--folder", tmp_path, "--json", file)
    assert ran.returncode == 0, ran.stderr
    figures = json.loads(file.read_text())
    assert [figure["name"] for figure in figures] == [figure for name in names for figure in FIGURES[name]]
    for figure in figures:
        (row,) = [line for line in ran.stdout.splitlines() if line.startswith(f"{figure['name']}  ")]
        assert figure["target"] in row
        assert ("met" in row) != ("MISSED" in row)
    assert list(tmp_path.iterdir()) == [file]


def test_an_unknown_name_is_reported_with_the_known_ones() -> None:
    ran = bench("pol")
    assert ran.returncode == 2
    assert all(name in ran.stderr for name in FIGURES)
