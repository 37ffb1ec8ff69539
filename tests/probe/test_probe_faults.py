"""Whatever breaks, the check ends with the right answer: a plain plan's, and the reason is recorded."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from probing_world import ADDRESS, Stage, applied, faulty, needs_terraform, stage, wait_until

from runner.model.changes.changes import MASK
from runner.model.warm.probe import ProbeFacts
from runner.model.warm.provider import Way
from runner.ports.engine import Fallback, Planned, Probed
from runner.probe.protocol import Handshake, handshake

pytestmark = needs_terraform
__all__ = ("applied", "faulty", "stage")

TYPE = "resource cloudfile_object"


def plainly(stage: Stage, reason: str) -> None:
    """There is drift, so "nothing changed" would be wrong."""
    stage.change(value="by hand")
    planned, facts = stage.look()
    assert planned.changed
    assert planned.plan_file.name == "plan.tfplan"
    assert (facts.record.way, facts.disagreed) == (Way.PLAIN, "")
    assert reason in facts.record.reason
    assert stage.living() == []


@pytest.mark.repeats
@pytest.mark.repeats
@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("die", "ReadResource: UNAVAILABLE"),
        ("end", "it exited before"),
        ("rubbish", "it does not speak the plugin protocol"),
        ("babble", "it exited before"),
    ],
)
def test_a_provider_that_breaks_is_asked_by_a_plain_plan(stage: Stage, order: str, reason: str) -> None:
    stage.order(order)
    plainly(stage, reason)


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [("", "announced no certificate"), ("TUlJ", "differs from the one it announced")],
)
def test_a_provider_that_does_not_show_who_it_is_is_not_spoken_to(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, certificate: str, reason: str
) -> None:
    def announced(line: str) -> Handshake | None:
        found = handshake(line)
        return found and replace(found, certificate=certificate)

    monkeypatch.setattr("runner.probe.launch.handshake", announced)
    plainly(stage, reason)


def test_what_a_provider_says_as_it_breaks_is_recorded_without_secrets(stage: Stage) -> None:
    betraying = replace(stage, variables={"DATABASE_TOKEN": "canary-0815"}, shared=stage.engine)
    betraying.order("betray")
    plainly(betraying, f"the token is {MASK}")
    assert "canary-0815" not in betraying.record.reason


@pytest.fixture
def shortly(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary folders are made, with a name that leaves room for a socket's."""
    with TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@pytest.mark.repeats("order")
@pytest.mark.parametrize(("order", "moment"), [("silence", "it is starting"), ("hold", "it is asked")])
@pytest.mark.parametrize("depth", [0, 90], ids=["near", "deep"])  # deeper than a socket's name may be long
def test_whoever_asks_and_is_killed_leaves_no_provider_behind(
    applied: Stage, tmp_path: Path, shortly: Path, order: str, moment: str, depth: int
) -> None:
    stage = applied.copied(tmp_path / ("d" * depth))
    stage.order(order)
    asking = get_context("fork").Process(target=stage.probe, args=(stage.record.types,))
    asking.start()
    wait_until(lambda: stage.pids(order), moment)
    asking.kill()
    asking.join()
    (stage.orders / order).unlink()
    wait_until(lambda: not stage.living(), "the provider has ended")
    wait_until(lambda: not list(shortly.iterdir()), "the folder of its sockets is gone")


def test_a_provider_that_says_nothing_is_not_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.probe.conversation.START_SECONDS", 1.0)
    stage.order("silence")
    plainly(stage, "it did not start in time")


def test_a_provider_that_hangs_is_stopped_at_the_deadline_of_a_probe(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.engine.command.deadline", lambda plain, limit: 3.0)
    stage.order("hold")
    plainly(stage, "a probe took longer than 3s")


def test_a_provider_that_was_never_seen_and_ends_at_once(stage: Stage) -> None:
    """Nothing is cached, so terraform is not even started before it tells its protocol."""
    for path in (stage.data / "probe" / "cache").glob("schema-*"):
        path.unlink()
    stage.order("end")
    plainly(stage, "it exited before")


# ---- the proxy


@contextmanager
def looking(stage: Stage) -> Iterator[list[tuple[Planned, ProbeFacts]]]:
    """A check with drift whose provider is being asked; the answer stands there after the block."""
    stage.change(value="by hand")
    stage.order("hold")
    # Of no known types, so that a probe is tried once.
    stage.record = replace(stage.record, types={})
    answers: list[tuple[Planned, ProbeFacts]] = []
    thread = threading.Thread(target=lambda: answers.append(stage.look()))
    thread.start()
    wait_until(lambda: stage.pids("hold"), "the provider is asked")
    yield answers
    (stage.orders / "hold").unlink(missing_ok=True)
    thread.join()


def test_a_proxy_that_is_killed_in_the_middle(stage: Stage) -> None:
    with looking(stage) as answers:
        stage.kill_proxy()
    [(planned, facts)] = answers
    assert planned.changed
    assert (facts.record.way, facts.record.reason) == (Way.PLAIN, "the proxy exited too early")
    assert stage.living() == []


def test_after_the_proxy_was_killed_the_next_check_has_a_new_one(stage: Stage) -> None:
    stage.probed()
    stage.kill_proxy()
    _, facts = stage.look()
    assert facts.record.way is Way.PROBED


def test_a_proxy_that_hangs_is_ended_with_the_check(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.engine.command.deadline", lambda plain, limit: 3.0)
    monkeypatch.setattr("runner.probe.conversation.END_SECONDS", 0.5)
    stage.probed()
    proxy = stage.engine.prober._process._process
    assert proxy is not None
    os.kill(proxy.pid, signal.SIGSTOP)
    plainly(stage, "a probe took longer than 3s")
    assert proxy.poll() is not None
    assert stage.probed().planned.changed


def test_a_daemon_that_closes_its_prober_does_not_lose_the_check(stage: Stage) -> None:
    with looking(stage) as answers:
        stage.engine.prober.close()
    [(planned, facts)] = answers
    assert planned.changed
    assert facts.record.way is Way.PLAIN


def test_a_proxy_that_cannot_start(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("runner.probe.proxy_process.SERVER", tmp_path / "nothing.py")
    plainly(stage, "the proxy")


@pytest.mark.parametrize("folder", ["probe", "probe/cache"])
def test_a_folder_that_cannot_be_used(stage: Stage, folder: str) -> None:
    stage.engine.prober.close()
    del stage.engine.prober
    (stage.data / folder).rename(stage.data / "elsewhere")
    (stage.data / folder).write_text("in the way")
    stage.change(value="by hand")
    planned, facts = stage.look()
    assert planned.changed
    assert facts.record.way is Way.PLAIN
    assert "exists" in facts.record.reason


# ---- the cache


def halve(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize(
    "damage", [halve, lambda path: path.write_bytes(b"garbage" * 99)], ids=["half", "garbage"]
)
def test_a_damaged_schema_is_asked_for_again(stage: Stage, damage: Callable[[Path], None]) -> None:
    stage.look()
    files = {path: path.read_bytes() for path in (stage.data / "probe" / "cache").glob("schema-*")}
    assert files
    for path in files:
        damage(path)
    planned, facts = stage.look()
    assert (planned.changed, facts.record.way) == (False, Way.PROBED)
    assert any(len(path.read_bytes()) == len(content) for path, content in files.items())
    stage.change(value="by hand")
    assert stage.look()[0].changed


def test_a_schema_of_something_else_in_the_cache_ends_in_a_plain_check(stage: Stage) -> None:
    """Even what the cache cannot notice: it is well formed, and of this provider."""
    prober = stage.engine.prober
    [provider] = stage.ready().providers
    empty = b"\x0a\x00"
    prober.cache.keep_schema(provider.checksum, 6, empty)
    answer = stage.probe()
    assert isinstance(answer, Fallback)
    plainly(stage, "")


# ---- a schema that was cut too far

ORPHANED = """\
terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}
variable "cloud" {}
provider "cloudfile" { path = var.cloud }
"""
LOOKUP = 'data "cloudfile_lookup" "web" { name = "web" }\n'


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The types of the code are not found in it."""
    monkeypatch.setattr("runner.engine.warm.probe.types_in_code", lambda *_code: frozenset())


@pytest.mark.usefixtures("blind")
def test_a_type_missing_from_the_cut_schema_falls_back_to_the_whole_one(stage: Stage) -> None:
    answer = stage.probe({ADDRESS: ()})
    assert isinstance(answer, Fallback)
    assert answer.lacks
    stage.record = replace(stage.record, types={ADDRESS: ()})
    planned, facts = stage.look()
    assert (planned.changed, facts.record.way) == (False, Way.PROBED)
    stage.change(value="by hand")
    assert stage.look()[0].changed


def test_without_a_type_that_only_the_state_has_nothing_is_overlooked(stage: Stage) -> None:
    stage.write(ORPHANED)
    stage.plan()
    answer = stage.probe({ADDRESS: ()})
    assert isinstance(answer, Fallback)
    assert answer.lacks
    stage.record = replace(stage.record, types={ADDRESS: ()})
    assert stage.look()[0].changed


def test_the_types_of_the_code_are_in_the_schema_without_having_been_seen(stage: Stage) -> None:
    stage.write(stage.main + LOOKUP)
    stage.plan()  # with init, for the code is another one
    assert stage.probed({}).types == {ADDRESS: ("data cloudfile_lookup", TYPE)}


@pytest.mark.usefixtures("blind")
def test_without_a_data_source_nothing_is_overlooked(stage: Stage) -> None:
    stage.write(stage.main + LOOKUP)
    stage.plan()
    answer = stage.probe({ADDRESS: (TYPE,)})
    assert isinstance(answer, Fallback)
    assert answer.lacks


@pytest.mark.usefixtures("blind")
def test_a_cut_for_another_provider_is_no_cut_of_this_one_that_counts(stage: Stage) -> None:
    assert isinstance(stage.probe({"registry.terraform.io/hashicorp/aws": (TYPE,)}), Fallback)


# ---- where there is no room for the names of sockets

LONG = "long" * 30


def test_a_data_directory_whose_name_is_too_long_for_sockets_is_probed_too(
    applied: Stage, tmp_path: Path
) -> None:
    stage = applied.copied(tmp_path / LONG)
    planned, facts = stage.look()
    assert (planned.changed, facts.record.way) == (False, Way.PROBED)
    stage.engine.prober.close()


def test_where_no_folder_has_a_short_enough_name_the_check_is_plain(
    applied: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = applied.copied(tmp_path / LONG)
    (tmp_path / LONG / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / LONG / "tmp"))
    plainly(stage, "its sockets cannot be created")
    assert list((tmp_path / LONG / "tmp").iterdir()) == []
    stage.engine.prober.close()


def test_a_provider_that_a_run_put_into_its_data_folder_is_not_started(stage: Stage) -> None:
    [linked] = (stage.data / "workspaces").glob(f"*/data/providers/{ADDRESS}/*/*")
    own = stage.root / "package"
    shutil.copytree(linked, own)
    linked.unlink()
    linked.symlink_to(own)
    evil = stage.cloud.with_name("evil")
    with (own / "cloudfile.py").open("a") as file:
        file.write(f"\nopen({str(evil)!r}, 'w').close()\n")
    assert isinstance(stage.probe(), Probed)
    assert not evil.exists()
