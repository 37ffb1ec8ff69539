"""An approval holds only while what the apply itself evaluates is as it was: commands, places, what the operator hands in."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from world import ANA, OBJECT, World

from runner.errors import ApprovalVoid
from runner.model.approval.binding import SCHEMA, read_binding
from runner.model.plan.text import render
from runner.model.run.life import Run, State
from runner.model.settings.source import Allow
from runner.service.operator import request

WORD = "data.terraform_remote_state.other.outputs.word"
OTHER = """\
data "terraform_remote_state" "other" {
  backend = "local"
  config  = { path = "PATH" }
}
"""


def runs(word: str) -> str:
    return provisioned(f'command = "echo said ${{{word}}}"')


def provisioned(inside: str, beside: str = "") -> str:
    return f"""\
resource "terraform_data" "a" {{
  {beside}
  provisioner "local-exec" {{
    {inside}
  }}
}}
"""


# The ways from the data to the command, each as files of one stack.
SHAPES: dict[str, dict[str, str]] = {
    "direct": {"main.tf": OTHER + runs(WORD)},
    "local": {"main.tf": f"{OTHER}locals {{\n  w = upper({WORD})\n}}\n{runs('local.w')}"},
    "environment": {
        "main.tf": OTHER + provisioned(f'command     = "echo said $W"\n    environment = {{ W = {WORD} }}')
    },
    "argument of a module": {
        "main.tf": f'{OTHER}module "m" {{\n  source = "./m"\n  word   = {WORD}\n}}\n',
        "m/main.tf": 'variable "word" {}\n' + runs("var.word"),
    },
    "output of a module": {
        "main.tf": 'module "m" {\n  source = "./m"\n}\n' + runs("module.m.word"),
        "m/main.tf": f'{OTHER}output "word" {{\n  value = {WORD}\n}}\n',
    },
    "repetition": {
        "main.tf": OTHER + provisioned('command = "echo said ${each.value}"', f"for_each = {{ k = {WORD} }}")
    },
}


@pytest.fixture
def running(plain: World) -> World:
    """A source whose stacks may run provisioners."""
    return allowing(plain)


@pytest.fixture
def reading(on_disk: Path) -> World:
    """The same, whose code reads a file beside the repository."""
    return allowing(World(on_disk))


def allowing(world: World) -> World:
    source = replace(world.settings.sources[0], allow=Allow(provisioners=True))
    world.configure(replace(world.settings, sources=(source,)))
    return world


def say(world: World, word: str) -> Path:
    """What the data says from now on."""
    path = world.root / "other.tfstate"
    state = {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 1,
        "lineage": "1b7e6f0a-6a35-4f39-8f19-2d0d3a1c7a55",
    }
    outputs = {"word": {"value": word, "type": "string"}, "beside": {"value": word * 2, "type": "string"}}
    path.write_text(json.dumps({**state, "outputs": outputs, "resources": []}))
    return path


def planned(world: World, shape: str = "direct", word: str = "one") -> Run:
    path = say(world, word)
    files: dict[str, str | None] = {
        f"web/{name}": text.replace("PATH", str(path)) for name, text in SHAPES[shape].items()
    }
    world.commit_files({**files, "web/stack.yaml": "name: web\n"})
    world.poll()
    (run,) = world.work()
    assert run.state is State.AWAITING_APPROVAL, run
    return run


def shown(world: World, run: Run) -> str:
    with world.app.store.reading() as reader:
        changes = reader.changes(run.id)
    assert changes is not None
    return render(changes)


def log(world: World, run: Run) -> str:
    path = world.app.workspaces.log(run.id)
    return path.read_text() if path.exists() else ""


@pytest.mark.repeats
@pytest.mark.parametrize("shape", SHAPES)
def test_a_command_that_became_another_one_is_not_run_under_the_old_yes(running: World, shape: str) -> None:
    run = planned(running, shape)
    running.approve(run)
    say(running, "other")
    running.age(hours=1)
    running.work()
    after = running.run(run.id)
    assert after.state is State.SUPERSEDED
    assert "is different now" in after.reason
    assert f"{WORD} changed" in after.reason
    assert "other" not in after.reason.replace("another", "").replace(WORD, "")
    assert "said" not in log(running, run)


PLACED = """\
terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}
provider "cloudfile" {
  path = WORD
}
resource "cloudfile_object" "web" {
  name  = "web"
  value = "one"
}
"""


def test_no_place_but_the_approved_one_is_changed(world: World) -> None:
    told = say(world, str(world.cloud))
    code = OTHER.replace("PATH", str(told)) + PLACED.replace("WORD", WORD)
    (run,) = world.push(body=code.replace("{", "{{").replace("}", "}}"))
    world.approve(run)
    elsewhere = world.cloud.with_name("elsewhere.json")
    say(world, str(elsewhere))
    world.age(hours=1)
    world.work()
    after = world.run(run.id)
    assert after.state is State.SUPERSEDED
    assert "path of provider cloudfile is different now" in after.reason
    assert not elsewhere.exists()


def test_a_command_that_is_the_same_is_run_although_it_was_planned_again(running: World) -> None:
    run = planned(running)
    running.approve(run)
    running.age(hours=1)
    (done,) = running.work()
    assert done.state is State.APPLIED
    assert "said one" in log(running, run)


def test_what_will_run_is_shown_with_the_values_that_it_is_made_of(running: World) -> None:
    text = shown(running, planned(running))
    assert "Runs provisioners (1):\n  ! terraform_data.a\n" in text
    assert f'command = "echo said ${{{WORD}}}"' in text
    assert f'{WORD}: "one"' in text


def test_a_secret_in_a_command_is_masked_and_still_counts(running: World) -> None:
    def commit(secret: str) -> Run:
        running.commit_files(
            {
                "web/main.tf": 'variable "pw" {\n  sensitive = true\n}\n' + runs("var.pw"),
                "web/stack.yaml": f"name: web\nvars: {{pw: {secret}}}\n",
            }
        )
        running.poll()
        (run,) = [one for one in running.work() if one.state is State.AWAITING_APPROVAL]
        return run

    first = commit("correct-horse")
    assert "correct-horse" not in shown(running, first)
    assert "var.pw: (sensitive value)" in shown(running, first)
    assert commit("battery-staple").fingerprint != first.fingerprint


def test_a_value_that_changes_in_every_plan_is_named_the_second_time(running: World) -> None:
    first = planned(running)
    running.approve(first)
    say(running, "two")
    running.age(hours=1)
    (second,) = [run for run in running.work() if run.state is State.AWAITING_APPROVAL]
    assert "no approval can last" not in running.run(first.id).reason
    running.approve(second)
    say(running, "three")
    running.age(hours=1)
    running.work()
    assert f"{first.name} ended the same way" in running.run(second.id).reason
    assert "apply.fresh_for" in running.run(second.id).reason


def test_the_provisioner_of_a_removed_block_is_named_before_it_runs(running: World) -> None:
    running.commit_files(
        {
            "web/main.tf": 'resource "terraform_data" "gone" {\n  input = "one"\n}\n',
            "web/stack.yaml": "name: web\n",
        }
    )
    running.poll()
    (run,) = running.work()
    running.approve(run)
    running.work()
    running.commit_files(
        {
            "web/main.tf": "removed {\n  from = terraform_data.gone\n  lifecycle {\n    destroy = true\n  }\n"
            '  provisioner "local-exec" {\n    when    = destroy\n    command = "echo bye ${self.input}"\n  }\n}\n'
        }
    )
    running.poll()
    (run,) = running.work()
    text = shown(running, run)
    assert "Runs provisioners (1):\n  ! terraform_data.gone\n      local-exec when it is destroyed\n" in text
    assert 'command = "echo bye ${self.input}"' in text


def test_the_report_of_a_drift_says_what_healing_it_would_run(world: World) -> None:
    body = OBJECT.rstrip().removesuffix("}}")
    allowing(world).applied(
        body=body + '  provisioner "local-exec" {{\n    command = "echo made ${{self.name}}"\n  }}\n}}\n'
    )
    world.cloud_delete()
    request.request_check(world.app.control, ["web"], ANA)
    world.work()
    folder = world.root / "data" / "reports" / "web"
    page, document = (folder / "dr-1.md").read_text(), json.loads((folder / "dr-1.json").read_text())
    assert "Runs provisioners (1):\n  ! cloudfile_object.web\n" in page
    assert 'command = "echo made ${self.name}"' in page
    assert document["apply"]["provisioners"] == ["cloudfile_object.web"]
    (place,) = document["apply"]["where"]
    assert place["settings"][0]["value"] == str(world.cloud)
    assert f"path {world.cloud}" in page


def test_the_default_of_an_ephemeral_variable_is_not_shown_as_its_value(running: World) -> None:
    variable = 'variable "token" {\n  ephemeral = true\n  default   = "the-default"\n}\n'
    running.commit_files(
        {"web/main.tf": variable + runs("var.token"), "web/stack.yaml": "name: web\nvars: {token: another}\n"}
    )
    running.poll()
    (run,) = running.work()
    text = shown(running, run)
    assert "var.token (ephemeral): (known after apply)" in text
    assert "the-default" not in text


# What the operator hands in


def handed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, **environment: str) -> World:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    world = World(tmp_path, engines=f"  env: [{', '.join(environment)}]\n")
    world.commit_files({"web/main.tf": body, "web/stack.yaml": "name: web\n"})
    world.poll()
    (run,) = world.work()
    world.approve(run)
    return world


def go_on(world: World, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Run:
    """As a daemon that was started with another environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    world.configure(world.settings)
    world.work()
    return world.run(1)


PLAIN = 'resource "terraform_data" "a" {}\n'
EPHEMERAL = 'variable "token" {\n  ephemeral = true\n}\n' + PLAIN


@pytest.mark.repeats
@pytest.mark.parametrize(
    ("body", "name"),
    [
        (EPHEMERAL, "TF_VAR_token"),
        (PLAIN, "AWS_REGION"),
        (PLAIN, "AWS_ENDPOINT_URL_SSM"),
        (PLAIN, "AWS_PROFILE"),
        (PLAIN, "ARM_SUBSCRIPTION_ID"),
        (PLAIN, "GOOGLE_PROJECT"),
    ],
)
def test_another_environment_value_voids_the_approval_and_stays_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, name: str
) -> None:
    world = handed(tmp_path, monkeypatch, body, **{name: "first-value"})
    after = go_on(world, monkeypatch, **{name: "second-value"})
    assert after.state is State.SUPERSEDED
    assert f"values from the environment ({name})" in after.reason
    assert "second-value" not in after.reason
    with world.app.store.reading() as reader:
        binding = reader.binding(1)
    assert binding is not None
    assert "first-value" not in binding.document()


@pytest.mark.repeats
@pytest.mark.parametrize(
    "name", ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "ARM_CLIENT_SECRET", "GITHUB_TOKEN"]
)
def test_a_secret_that_is_renewed_for_the_same_identity_voids_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    world = handed(tmp_path, monkeypatch, PLAIN, **{name: "first-value"})
    assert go_on(world, monkeypatch, **{name: "second-value"}).state is State.APPLIED


def test_a_file_that_changes_after_every_plan_is_named_the_second_time(reading: World) -> None:
    path = reading.root / "greeting"
    path.write_text("echo said one")
    reading.commit_files(
        {"web/main.tf": provisioned(f'command = file("{path}")'), "web/stack.yaml": "name: web\n"}
    )
    reading.poll()
    (first,) = reading.work()
    reading.approve(first)
    path.write_text("echo said two")
    (second,) = [run for run in reading.work() if run.state is State.AWAITING_APPROVAL]
    assert "no approval can last" not in reading.run(first.id).reason
    reading.approve(second)
    path.write_text("echo said three")
    reading.work()
    assert f"{first.name} ended the same way" in reading.run(second.id).reason


@pytest.mark.parametrize("hours", [0, 1])
def test_a_file_outside_of_the_repository_that_changed_voids_the_approval(reading: World, hours: int) -> None:
    path = reading.root / "greeting"
    path.write_text("echo said one")
    command = f'command = file("{path}")'
    reading.commit_files({"web/main.tf": provisioned(command), "web/stack.yaml": "name: web\n"})
    reading.poll()
    (run,) = reading.work()
    reading.approve(run)
    path.write_text("echo said other")
    reading.age(hours=hours)
    reading.work()
    after = reading.run(run.id)
    assert after.state is State.SUPERSEDED
    assert f"files outside the repository ({path})" in after.reason
    assert "said" not in after.reason + log(reading, run)


# Approvals that were given before all this counted


def older(world: World, run: Run) -> None:
    """Turn the run's record into one of an older Driftline."""
    with world.app.store.reading() as reader:
        binding = reader.binding(run.id)
    assert binding is not None
    record = json.loads(binding.document())
    record["schema"] = SCHEMA - 1
    record["facts"].pop("given")
    record["counts"].pop("action")
    record["fingerprint"] = "0" * 64
    with closing(sqlite3.connect(world.settings.data_dir / "driftline.db", isolation_level=None)) as raw, raw:
        raw.execute("UPDATE run_details SET binding = ? WHERE run = ?", (json.dumps(record), run.id))
        raw.execute("UPDATE runs SET fingerprint = ? WHERE id = ?", (record["fingerprint"], run.id))
        raw.execute("UPDATE approvals SET fingerprint = ? WHERE run = ?", (record["fingerprint"], run.id))
    raw.close()


@pytest.mark.parametrize("hours", [0, 1])
def test_an_approval_of_an_older_form_is_void_with_the_reason_why(running: World, hours: int) -> None:
    run = planned(running)
    running.approve(run)
    older(running, run)
    running.age(hours=hours)
    (fresh,) = [one for one in running.work() if one.state is State.AWAITING_APPROVAL]
    after = running.run(run.id)
    assert (after.state, after.superseded_by) == (State.SUPERSEDED, fresh.id)
    assert "the commands of provisioners" in after.reason
    assert "said" not in log(running, run)


def test_a_plan_of_an_older_form_that_waits_is_not_approved(running: World) -> None:
    run = planned(running)
    older(running, run)
    with pytest.raises(ApprovalVoid, match="the commands of provisioners") as refused:
        running.approve(run)
    assert refused.value.hint == "driftline plan web"


def test_a_record_of_an_older_form_can_still_be_read(running: World) -> None:
    run = planned(running)
    older(running, run)
    with running.app.store.reading() as reader:
        binding = reader.binding(run.id)
    assert binding is not None
    assert read_binding(binding.document()).schema == SCHEMA - 1
