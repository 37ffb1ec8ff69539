"""OpenTofu's encrypted states and plans: which state a plan is about, and that no key is shown."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from engine_world import World
from wrapped import program

from runner.model.approval.binding import EngineFacts
from runner.model.approval.guardrails import SeenState, state_problem
from runner.model.settings.server import EnginesSettings, TofuSettings
from runner.model.stack.definition import StackDefinition

CANARY = "canary-passphrase-of-sixteen"
HCL = f"""key_provider "pbkdf2" "k" {{
  passphrase = "{CANARY}"
}}
method "aes_gcm" "m" {{ keys = key_provider.pbkdf2.k }}
state {{ method = method.aes_gcm.m }}
"""
FORMS = {
    "hcl": HCL,
    "one line": f'key_provider "pbkdf2" "k" {{ passphrase = "{CANARY}" }}',
    "json": json.dumps({"key_provider": {"pbkdf2": {"k": {"passphrase": CANARY}}}}),
}


def tofu(folder: Path, plan: str) -> Path:
    says = 'case "$1" in\nversion) echo "OpenTofu v1.10.6"; echo ;;\n'
    return program(folder / "tofu", f"{says}plan) {plan} ;;\nesac")


def encrypted(world: World, plan: str) -> None:
    out = 'for word in "$@"; do case "$word" in -out=*) echo \'{"encrypted_data":""}\' > "${word#-out=}" ;; esac; done'
    binary = tofu(world.outside, f"{plan}\n{out}")
    world.engines = EnginesSettings(tofu=TofuSettings(str(binary)), env=("TF_ENCRYPTION",))
    world.stack = StackDefinition(name="prod/app", engine="tofu")


@pytest.mark.parametrize("form", sorted(FORMS))
def test_no_key_of_tf_encryption_is_in_a_log_or_an_error(world: World, form: str) -> None:
    message = {"@level": "error", "@message": f"Error: {CANARY}", "type": "diagnostic"}
    message["diagnostic"] = {"severity": "error", "summary": f"bad {CANARY}", "detail": f"x {CANARY} y"}  # type: ignore[assignment]
    encrypted(world, f"echo '{json.dumps(message)}'; echo {CANARY} >&2; exit 1")
    world.daemon = {"TF_ENCRYPTION": FORMS[form], "PATH": "/usr/bin:/bin"}
    failed = world.failed()
    assert "plan" in world.log
    assert CANARY not in world.log + repr(failed)


IN_CODE = {
    "main.tf": f"terraform {{\n  encryption {{\n{HCL}  }}\n}}\n",
    "key.tofu": 'terraform {\n  encryption {\n    key_provider "pbkdf2" "k" {\n      passphrase = <<-END\n'
    f"        {CANARY}\n        END\n    }}\n  }}\n}}\n",
    "static.tf": 'terraform { encryption { method "unencrypted" "u" {} } }\n'.replace(
        'method "unencrypted" "u" {}', f'key_provider "x" "k" {{ key = "{CANARY}" }}'
    ),
    "main.tf.json": json.dumps(
        {"terraform": {"encryption": {"key_provider": {"pbkdf2": {"k": {"passphrase": CANARY}}}}}}
    ),
}


@pytest.mark.parametrize("file", sorted(IN_CODE))
def test_no_literal_key_of_an_encryption_block_is_in_a_log_or_an_error(world: World, file: str) -> None:
    message = {"@level": "error", "@message": f"Error: {CANARY}", "type": "diagnostic"}
    snippet = {"code": f'passphrase = "{CANARY}"', "start_line": 3}
    message["diagnostic"] = {
        "severity": "error",
        "summary": f"bad {CANARY}",
        "detail": "",
        "snippet": snippet,
    }  # type: ignore[assignment]
    encrypted(world, f"echo '{json.dumps(message)}'; echo {CANARY} >&2; exit 1")
    world.daemon = {"PATH": "/usr/bin:/bin"}
    world.write({file: IN_CODE[file]})
    failed = world.failed()
    assert "passphrase" in repr(failed)
    assert CANARY not in world.log + repr(failed)


def test_words_of_an_encryption_block_are_shown(world: World) -> None:
    encrypted(world, "echo method.aes_gcm >&2; exit 1")
    world.write({"main.tf": IN_CODE["main.tf"]})
    world.failed()
    assert "method.aes_gcm" in world.log


def test_the_remote_state_behind_an_encrypted_plan_is_pulled_and_left_nowhere(world: World) -> None:
    state = {"serial": 9, "lineage": "33333333-4444", "encrypted_data": CANARY, "meta": {}}
    folder = world.outside
    (folder / "state.json").write_text(json.dumps(state))
    out = 'for word in "$@"; do case "$word" in -out=*) echo \'{"encrypted_data":""}\' > "${word#-out=}" ;; esac; done'
    says = 'case "$1" in\nversion) echo "OpenTofu v1.10.6"; echo ;;\n'
    binary = program(folder / "tofu", f"{says}plan) {out} ;;\nstate) cat {folder}/state.json ;;\nesac")
    world.engines = EnginesSettings(tofu=TofuSettings(str(binary)))
    world.stack = StackDefinition(name="prod/app", engine="tofu")
    world.managed = False
    facts = world.planned().facts
    assert (facts.lineage, facts.serial, facts.resources) == ("33333333-4444", 9, None)
    kept = [path for path in world.folder.rglob("*") if path.is_file()]
    assert not [path for path in kept if CANARY.encode() in path.read_bytes()]


def test_the_state_behind_an_encrypted_plan_is_known_by_lineage_and_serial(world: World) -> None:
    encrypted(world, ":")
    execution = world.execution()
    assert execution.workspace.state is not None
    state = {"serial": 7, "lineage": "11111111-2222", "encrypted_data": "", "meta": {}}
    execution.workspace.state.write_text(json.dumps(state))
    facts = world.planned().facts
    assert (facts.lineage, facts.serial, facts.resources) == ("11111111-2222", 7, None)


@pytest.mark.parametrize(
    ("lineage", "serial", "said"), [("b", 9, "A DIFFERENT ONE"), ("a", 3, "OLDER"), ("a", 9, None)]
)
def test_another_state_is_noticed_though_its_objects_are_encrypted(
    lineage: str, serial: int, said: str | None
) -> None:
    known = SeenState("a", 7, None, datetime(2026, 1, 1, tzinfo=UTC), "run-1")
    found = state_problem(known, EngineFacts(lineage=lineage, serial=serial))
    assert (found is None) if said is None else (said in str(found))
