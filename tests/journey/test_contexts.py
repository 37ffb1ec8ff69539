"""Contexts: what the operator gives to some stacks reaches exactly these, is shown nowhere, and is bound to the approval."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from beginnings import Beginnings
from click.testing import CliRunner
from test_secrets_in_any_form import SPOKEN
from world import ANA, World, states

from runner.cli.main import main
from runner.errors import DriftlineError
from runner.model.drift.report import DriftClass
from runner.model.run.life import Run, State
from runner.service.operator import request

SECRET = "tr0ub4dor-and-three"
# Nothing in these names says that the values are secret: only their being references does.
CONFIG = """
sources:
  - {{name: infra, url: "{root}/repository", allow: {{provisioners: true}}}}
contexts:
  - name: everybody
    vars: {{size: small, zones: [a, b]}}
  - name: prod-db
    match: {{stacks: ["prod/*"]}}
    env: {{APP_GREETING: "${{env:CONTEXT_SECRET}}"}}
    for: [apply]
  - name: shared
    match: {{stacks: ["prod/*"]}}
    vars: {{size: large, greeting: "${{env:CONTEXT_SECRET}}"}}
    files: {{kubeconfig: "user: ${{env:CONTEXT_SECRET}}"}}
"""
VARIABLES = """\
variable "size" {{}}
variable "zones" {{ type = list(string) }}
resource "terraform_data" "it" {{
  input = "${{var.size}} ${{join(",", var.zones)}} {value}"
}}
"""
SECRETS = """\
variable "size" {{}}
variable "greeting" {{}}
variable "kubeconfig" {{}}
resource "terraform_data" "it" {{
  input = "${{var.size}} {value}"
  provisioner "local-exec" {{
    command = "cat ${{var.kubeconfig}} > {cloud}.seen; echo $APP_GREETING >> {cloud}.seen"
  }}
}}
output "loud" {{ value = base64encode("user:${{var.greeting}}") }}
output "path" {{ value = basename(var.kubeconfig) }}
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("CONTEXT_SECRET", SECRET)
    return configured(World(tmp_path), CONFIG)


def configured(world: World, sources: str) -> World:
    text = world.config.read_text()
    start, end = text.index("sources:"), text.index("engines:")
    world.config.write_text(text[:start] + sources.format(root=world.root) + text[end:])
    return world


def everything_kept(world: World) -> bytes:
    return b"".join(path.read_bytes() for path in (world.root / "data").rglob("*") if path.is_file())


def shown(world: World, *words: str) -> str:
    return CliRunner().invoke(main, ["-c", str(world.config), *words]).output


def test_variables_reach_the_stacks_that_match_and_the_later_context_wins(world: World) -> None:
    world.stack("dev", body=VARIABLES)
    (dev,) = world.push("prod/db", body=VARIABLES)[:1]
    runs = {run.stack: run for run in world.runs()}
    assert dev.state is State.AWAITING_APPROVAL
    assert '"small a,b one"' in shown(world, "run", "diff", runs["dev"].name)
    assert '"large a,b one"' in shown(world, "run", "diff", runs["prod/db"].name)


def test_a_secret_is_used_and_kept_nowhere(world: World) -> None:
    done = world.applied("prod/db", body=SECRETS)
    seen = world.cloud.with_name(f"{world.cloud.name}.seen").read_text()
    assert seen == f"user: {SECRET}{SECRET}\n"
    kept = everything_kept(world).replace(state_of(world), b"")
    for form in (SECRET, base64.b64encode(f"user:{SECRET}".encode()).decode()):
        assert form.encode() not in kept
        assert form not in shown(world, "run", "show", done.name, "-o", "json")
        assert form not in shown(world, "logs", done.name)


IN_ALL_FORMS = 'variable "size" {{}}\nvariable "greeting" {{}}\nvariable "kubeconfig" {{}}\n' + "".join(
    f'output "form{number}" {{{{ value = {spoken.replace("{", "{{").replace("}", "}}")} }}}}\n'
    for number, spoken in enumerate(one.replace("var.password", "var.greeting") for one in SPOKEN.values())
)


def test_a_secret_is_masked_in_every_form_that_is_known(world: World) -> None:
    (planned,) = world.push("prod/db", body=IN_ALL_FORMS)
    assert planned.state is State.AWAITING_APPROVAL, planned.reason
    text = shown(world, "run", "diff", planned.name, "--full") + shown(world, "logs", planned.name)
    found = everything_kept(world).decode(errors="replace") + text
    for form in (SECRET, SECRET.upper(), SECRET.replace("-", "\\n"), "dHIwdWI0"):
        assert form not in found
    assert text.count("(sensitive value)") >= len(SPOKEN) - 1


def state_of(world: World) -> bytes:
    """Terraform's own state has values of the code in clear, as everywhere."""
    (path,) = (world.root / "data").rglob("*.tfstate")
    return path.read_bytes()


def test_a_secret_that_rotates_after_the_approval_voids_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (planned,) = world.push("prod/db", body=SECRETS)
    world.approve(planned)
    monkeypatch.setenv("CONTEXT_SECRET", "another-one-entirely")
    assert State.APPLIED not in states(world.work())
    assert any("prod-db" in run.reason or "APP_GREETING" in run.reason for run in world.runs())


def test_a_secret_that_cannot_be_had_fails_the_plan_with_its_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONTEXT_SECRET")
    world.stack("dev", body=VARIABLES)
    ended = {run.stack: run for run in world.push("prod/db", body=SECRETS)}
    failed = ended["prod/db"]
    assert failed.state is State.PLAN_FAILED
    assert ended["dev"].state is State.AWAITING_APPROVAL, "it needs no secret"
    assert "sets greeting, but the environment variable CONTEXT_SECRET is not set" in failed.reason


def test_a_changed_context_plans_its_stacks_and_no_others(world: World) -> None:
    world.stack("dev", body=VARIABLES)
    world.push("prod/db", body=VARIABLES)
    text = world.config.read_text().replace("greeting: ", "salute: hi, greeting: ")
    world.config.write_text(text)
    del world.__dict__["app"]
    world.poll()
    assert [run.stack for run in world.work()] == ["prod/db"]


ROTATING = """\
variable "password" {{}}
terraform {{
  required_providers {{
    cloudfile = {{ source = "driftline/cloudfile" }}
  }}
}}
provider "cloudfile" {{
  path = "{cloud}"
}}
resource "cloudfile_object" "web" {{
  name  = "{name}"
  value = "{value}"
  tags  = {{ secret = var.password }}
}}
resource "cloudfile_object" "other" {{
  name  = "other"
  value = "{value}"
}}
"""
ROTATING_CONFIG = """
sources:
  - {{name: infra, url: "{root}/repository"}}
contexts:
  - {{name: shared, match: {{stacks: [web]}}, vars: {{password: "${{env:CONTEXT_SECRET}}"}}}}
"""


@pytest.fixture
def rotating(beginnings: Beginnings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """With a stack that is applied with the secret."""
    monkeypatch.setenv("CONTEXT_SECRET", SECRET)
    with beginnings.lent(apply_rotating, with_a_context) as world:
        yield world


def with_a_context(root: Path) -> World:
    return configured(World(root, providers=True), ROTATING_CONFIG)


def apply_rotating(world: World) -> None:
    world.applied("web", body=ROTATING)


def checked(world: World) -> Run:
    request.request_check(world.app.control, ["web"], ANA)
    (run,) = world.work()
    return run


def test_a_rotated_secret_is_no_drift(rotating: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked(rotating).state is State.NO_CHANGES
    monkeypatch.setenv("CONTEXT_SECRET", "another-one-entirely")
    run = checked(rotating)
    assert run.state is State.NO_CHANGES
    assert "1 to update, since a context or engines.env changed" in run.reason
    assert rotating.report("web") is None


def test_the_value_before_a_rotation_stays_masked(rotating: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTEXT_SECRET", "another-one-entirely")
    checked(rotating)
    request.request_plan(rotating.app.control, rotating.app.discoverer, "web", ANA)
    (run,) = rotating.work()
    assert run.state is State.AWAITING_APPROVAL
    text = shown(rotating, "run", "diff", run.name) + shown(rotating, "run", "show", run.name, "-o", "json")
    kept = everything_kept(rotating).replace(state_of(rotating), b"").decode(errors="replace")
    assert SECRET not in text + kept
    assert "another-one-entirely" not in text + kept


def test_drift_that_only_code_can_see_is_still_drift_after_a_rotation(
    rotating: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Removed from the state, so nothing in it can have moved outside."""
    (state,) = (rotating.root / "data").rglob("*.tfstate")
    document = json.loads(state.read_text())
    document["resources"] = [one for one in document["resources"] if one["name"] != "other"]
    document["serial"] += 1
    state.write_text(json.dumps(document))
    monkeypatch.setenv("CONTEXT_SECRET", "another-one-entirely")
    assert checked(rotating).state is State.DRIFTED


def test_a_value_that_nothing_uses_hides_nothing(rotating: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTEXT_SECRET", "another-one-entirely")
    rotating.cloud_delete("other")
    run = checked(rotating)
    assert run.state is State.DRIFTED
    report = rotating.report("web")
    assert report is not None
    assert DriftClass.MISSING in {one.drift_class for one in report.findings}


def test_a_value_of_the_daemons_environment_is_no_drift_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_VAR_password", "one")
    world = World(
        tmp_path, providers=True, engines=f"  plugin_mirror: {tmp_path}/mirror\n  env: [TF_VAR_password]\n"
    )
    world.applied("web", body=ROTATING)
    monkeypatch.setenv("TF_VAR_password", "two")
    assert checked(world).state is State.NO_CHANGES


def test_what_moved_outside_is_drift_although_a_context_changed(
    rotating: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTEXT_SECRET", "another-one-entirely")
    rotating.cloud_set("other", value="by hand")
    run = checked(rotating)
    assert run.state is State.DRIFTED
    report = rotating.report("web")
    assert report is not None
    assert {one.address: one.drift_class for one in report.findings} == {
        "cloudfile_object.web": DriftClass.CONTEXT,
        "cloudfile_object.other": DriftClass.DRIFT,
    }


def test_stack_show_lists_the_contexts_that_reach_it(world: World) -> None:
    world.push("prod/db", body=SECRETS)
    text = shown(world, "stack", "show", "prod/db")
    assert "everybody sets size, zones; a later context sets size" in text
    assert "prod-db sets APP_GREETING (apply only)" in text
    assert "shared sets size, greeting, kubeconfig" in text
    assert SECRET not in text


def test_a_context_decides_the_engine_version_of_stacks_without_their_own(world: World) -> None:
    text = world.config.read_text()
    world.config.write_text(
        text.replace("- name: everybody", '- name: everybody\n    engine_version: "< 1.0"')
    )
    assert list(world.push("dev", body=VARIABLES)) == []
    assert "it wants terraform < 1.0 (engine_version), and " in shown(world, "stack", "list")


def test_a_wrong_context_is_told_with_its_place(world: World) -> None:
    text = world.config.read_text()
    world.config.write_text(
        text.replace("size: small", "s ize: small")
        .replace("APP_GREETING:", "LD_PRELOAD:")
        .replace("name: shared", "name: prod-db")
    )
    with pytest.raises(DriftlineError) as raised:
        World.app.func(world)  # type: ignore[attr-defined]
    text = str(raised.value)
    assert "expected the name of an input variable" in text
    assert "LD_PRELOAD: it would load code into every program that a run starts" in text
    assert "another context already has this name" in text
