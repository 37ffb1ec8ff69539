"""A probe's plan beside a plain one, by real terraform and a real provider that speaks protocol 6."""

import fcntl
import json
import subprocess
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from probing_world import ADDRESS, Stage, applied, faulty, needs_terraform, stage, wait_until
from provider.cloudfile import edit

from runner.engine.init import found
from runner.engine.warm.meeting import command_in, meeting_in
from runner.model.values.span import Seconds
from runner.model.warm.provider import Way
from runner.ports.engine import EngineError, Fallback, Probed
from runner.probe.installed import installed

pytestmark = needs_terraform
__all__ = ("applied", "faulty", "stage")


def delete(stage: Stage) -> None:
    with edit(stage.cloud) as objects:
        del objects["web"]


SITUATIONS: dict[str, tuple[Callable[[Stage], object], bool]] = {
    "clean": (lambda stage: None, False),
    "changed": (lambda stage: stage.change(value="by hand"), True),
    "deleted": (delete, True),
    "only-computed-and-an-output": (lambda stage: stage.change(owner="ana"), True),
}


@pytest.mark.parametrize(("by_hand", "changed"), SITUATIONS.values(), ids=SITUATIONS)
def test_a_probe_plans_what_a_plain_plan_does(
    stage: Stage, by_hand: Callable[[Stage], object], *, changed: bool
) -> None:
    by_hand(stage)
    probed = stage.probed(stage.record.types).planned
    shown = stage.shown(probed)
    plain = stage.plan()
    assert (probed.changed, plain.changed) == (changed, changed)
    assert probed.drifted_addresses == plain.drifted_addresses
    assert shown == stage.shown(plain)


def test_with_the_whole_schema_it_plans_the_same_and_lists_the_types(stage: Stage) -> None:
    answer = stage.probed(None)
    assert not answer.planned.changed
    assert answer.types == {ADDRESS: ("resource cloudfile_object",)}


UNREADABLE = """\
resource "cloudfile_object" "new" { name = "new" }
data "cloudfile_lookup" "new" { name = cloudfile_object.new.etag }
"""


def test_a_data_source_that_only_the_apply_can_read_is_a_question_of_its_own(stage: Stage) -> None:
    stage.write(stage.main + UNREADABLE)
    stage.plan()  # with init, for the code is another one
    assert stage.probed({}).types == {ADDRESS: ("resource cloudfile_object", "unread data cloudfile_lookup")}


def test_a_probe_starts_one_process_and_a_plain_plan_more(stage: Stage) -> None:
    stage.forget_processes()
    stage.look()
    assert [one["terraform"] for one in stage.reported("started")] == [False]
    stage.forget_processes()
    stage.plan()
    assert len(stage.reported("started")) > 1
    assert all(one["terraform"] for one in stage.reported("started"))


def test_the_provider_has_the_environment_and_configuration_of_its_check(
    stage: Stage,
) -> None:
    text = replace(
        stage, variables={"TF_VAR_token": "canary-4711", "OWN": "canary-4712"}, shared=stage.engine
    )
    text.forget_processes()
    text.probed(stage.record.types)
    [started], [configured] = text.reported("started"), text.reported("configured")
    assert started["env"]["OWN"] == "canary-4712"
    assert configured == {"path": str(stage.cloud), "token": "canary-4711"}
    # As little of ours as a provider gets from terraform, and nothing of the proxy's.
    assert "TF_REATTACH_PROVIDERS" not in started["env"]
    assert started["env"]["HOME"] == str(text.last.workspace.scratch) if text.last else False


def test_the_proxy_has_none_of_our_environment(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-4711")
    stage.probed()
    # It is closed to its own user, so that only root could read this; its parent knows what it gave it.
    try:
        environment = Path(f"/proc/{stage.proxy}/environ").read_bytes()
    except PermissionError:
        return
    assert b"canary" not in environment


def test_no_file_contains_the_configuration_of_a_provider(
    stage: Stage,
) -> None:
    text = replace(stage, variables={"TF_VAR_token": "canary-4711"}, shared=stage.engine)
    planned, facts = text.look()
    assert facts.record.way is Way.PROBED
    assert [one["token"] for one in text.reported("configured")] == ["canary-4711"]
    planned.plan_file.unlink()  # it has every variable, and goes with the folder of the run
    assert not [path for path in stage.data.rglob("*") if path.is_file() and holds(path, b"canary-4711")]


def holds(path: Path, secret: bytes) -> bool:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return any(secret in archive.read(name) for name in archive.namelist())
    return secret in path.read_bytes()


def test_an_apply_through_the_proxy_is_refused(stage: Stage) -> None:
    """Whoever hands terraform the sockets of a check: nothing that they reach changes the cloud."""
    stage.change(value="by hand")
    execution = stage.execution()
    module = execution.workspace.module
    with stage.engine.sessions.open(execution) as looked_at:
        session = found(looked_at)
        assert session is not None
        assert session.seal is not None
        session.restore()
        providers = installed(session.seal.lock_file, session.seal.data, session.verified)
        with (
            meeting_in(session) as (meeting, folder),
            stage.engine.prober.probing(providers, None, command_in(meeting, folder), folder) as probe,
        ):
            state = f"-state={execution.workspace.state}"
            argv = probe.attach(("terraform", "apply", "-auto-approve", "-input=false", state))
            with subprocess.Popen(
                argv,
                cwd=module,
                env=session.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process:
                probe.admit(process.pid)
                output, _ = process.communicate()
    assert process.returncode != 0, output
    assert json.loads(stage.cloud.read_text())["objects"]["web"]["value"] == "by hand"
    assert probe.seen is not None
    assert [text for text in probe.seen.trouble if "ApplyResourceChange" in text]
    assert probe.seen.calls["forward"] > 0


def test_a_probe_leaves_the_lock_of_the_state_to_others(stage: Stage) -> None:
    """Also where the plan of record takes it."""
    execution = replace(stage.execution(), lock=True)
    assert execution.workspace.state is not None
    with execution.workspace.state.open("r+b") as state:
        fcntl.lockf(state, fcntl.LOCK_EX)
        answer = stage.engine.probe(execution, stage.record.types, 0.0)
    assert isinstance(answer, Probed), answer


# ---- what is left


def test_nothing_of_a_provider_is_left_after_a_check(stage: Stage) -> None:
    stage.order("fork")
    stage.look()
    assert len(stage.pids("fork")) == 1
    assert stage.living() == []
    assert {path.name for path in (stage.data / "probe").iterdir() if path.is_dir()} == {"cache"}


def test_nothing_of_a_provider_is_left_after_a_plan_that_failed(stage: Stage) -> None:
    with edit(stage.cloud) as objects:
        objects["web"]["fail"] = "the cloud is on fire"
    assert isinstance(stage.probe(), Fallback)
    assert len(stage.pids()) == 1
    assert stage.living() == []


def test_a_check_that_is_canceled_ends_at_once_and_leaves_nothing(stage: Stage) -> None:
    stage.order("hold")
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(stage.probe(stage.record.types)))
    thread.start()
    wait_until(lambda: stage.pids("hold"), "the provider is asked")
    stage.cancel.set()
    thread.join()
    [answer] = answers
    assert isinstance(answer, EngineError)
    assert answer.canceled
    assert stage.living() == []


def test_a_check_that_ended_leaves_nothing_open_in_the_daemon(stage: Stage) -> None:
    stage.probed()
    before = sorted(Path("/proc/self/fd").iterdir()), threading.active_count()
    stage.probed()
    assert (sorted(Path("/proc/self/fd").iterdir()), threading.active_count()) == before


def test_a_plan_may_take_no_longer_than_its_deadline(stage: Stage) -> None:
    slow = replace(stage, timeouts=replace(stage.timeouts, plan=Seconds(3)))
    slow.order("hold")
    answer = slow.probe(stage.record.types)
    assert isinstance(answer, Fallback)
    assert "took longer than 3s" in answer.reason
    assert slow.living() == []
