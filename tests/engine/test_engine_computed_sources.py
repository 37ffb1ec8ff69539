"""Code whose module sources or backend the engine evaluates: each command gets the values, and only what was judged is used."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from engine_world import World
from wrapped import program

from runner.model.changes.changes import error_summary
from runner.model.code.judged import Judged
from runner.model.code.module import Backend
from runner.model.settings.server import TofuSettings
from runner.ports.engine import Planned

TERRAFORM, TOFU = ("terraform", "Terraform", "1.15.9"), ("tofu", "OpenTofu", "1.12.6")
CALL = 'variable "which" {\n  const = true\n}\nmodule "m" {\n  source = "./mods/${var.which}"\n}\n'
ROOT = {"Key": "", "Source": "", "Dir": "."}
JUDGED = Judged(
    {(".", "m"): frozenset({"./mods/b"})}, computed=True, allowed=("registry.terraform.io/acme/*",)
)
ADDRESS = "http://127.0.0.1:9/state"
BACKEND = 'terraform {\n  backend "http" {\n    address = "http://127.0.0.1:9/${var.which}"\n  }\n}\n'


@dataclass
class Engine:
    """One that uses the modules of a list, needs values, and notes its commands."""

    world: World
    product: tuple[str, str, str]

    def __post_init__(self) -> None:
        name, says, version = self.product
        self.folder = self.world.folder.parent / "fake"
        self.fetched = self.folder / "modules"
        self.fetched.mkdir(parents=True)
        self.notes = self.world.outside / "notes"
        key = "tofu" if name == "tofu" else "terraform"
        answer = json.dumps({"@message": f"{says} {version}", "type": "version", key: version})
        binary = program(
            self.folder / name,
            f"""[ "$1" = version ] && {{ echo "{says} v{version}"; exit; }}
echo "$* TF_INPUT=$TF_INPUT" >> {self.notes}
case "$1" in
init) mkdir -p "$TF_DATA_DIR"; cp -r {self.fetched} "$TF_DATA_DIR/"; echo '{answer}'
      [ ! -e {self.folder}/backend ] || cp {self.folder}/backend "$TF_DATA_DIR/terraform.tfstate" ;;
plan) for word in "$@"; do case "$word" in -out=*) echo plan > "${{word#-out=}}" ;; esac; done; echo '{answer}'; exit 2 ;;
show) echo '{{"format_version": "1.2", "terraform_version": "{version}", "resource_changes": [], "complete": true}}' ;;
esac""",
        )
        if name == "tofu":
            self.world.engines = replace(self.world.engines, tofu=TofuSettings(str(binary)))
            self.world.stack = replace(self.world.stack, engine="tofu")
        else:
            self.world.use(binary)
        self.world.stack = replace(self.world.stack, vars={"which": "b"})
        self.world.write({"main.tf": CALL, "mods/a/main.tf": "", "mods/b/main.tf": ""})
        self.lists({"Key": "m", "Source": "./mods/b", "Dir": "mods/b"})

    def lists(self, *modules: Mapping[str, str], code: Mapping[str, str] | None = None) -> None:
        """What `init` fetches, and the list that it makes."""
        (self.fetched / "modules.json").write_text(json.dumps({"Modules": [ROOT, *modules]}))
        for name, content in (code or {}).items():
            (self.fetched / name).parent.mkdir(parents=True, exist_ok=True)
            (self.fetched / name).write_text(content)

    def backend(self, address: str) -> None:
        self.world.managed = False
        self.world.write({"main.tf": CALL + BACKEND})
        noted = {"version": 3, "backend": {"type": "http", "config": {"address": address}}}
        (self.folder / "backend").write_text(json.dumps(noted))

    def fetched_in(self, key: str) -> str:
        """The folder of a fetched module, as the engine writes it."""
        assert self.world.last is not None
        return f"{self.world.last.workspace.data}/modules/{key}"

    def init(self, judged: Judged = JUDGED) -> str:
        """Empty if what `init` left is used, else why not."""
        error = self.world.engine.init(self.world.execution(judged=judged))
        return "" if error is None else error_summary(error.diagnostics)

    def calls(self) -> list[str]:
        return self.notes.read_text().splitlines()


@pytest.fixture(params=[TERRAFORM, TOFU], ids=["terraform", "tofu"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return Engine(World(tmp_path / "data"), request.param)


@pytest.fixture
def terraform(tmp_path: Path) -> Engine:
    return Engine(World(tmp_path / "data"), TERRAFORM)


def test_every_command_that_reads_the_code_gets_the_values_and_asks_nobody(engine: Engine) -> None:
    planned = engine.world.plan(judged=JUDGED)
    assert isinstance(planned, Planned), planned
    shows_values = engine.product is TERRAFORM  # tofu keeps them in the plan
    commands = {call.split()[0]: "-var-file=" in call for call in engine.calls()}
    assert commands == {"init": True, "plan": True, "show": shows_values}
    assert all(call.endswith("TF_INPUT=0") for call in engine.calls())


def test_a_look_at_the_state_gets_the_values_even_where_nothing_was_judged_again(engine: Engine) -> None:
    engine.backend(ADDRESS + "/b")
    backend = Backend("http", {"address": ADDRESS + "/b"})
    judged = replace(JUDGED, backend=backend)
    engine.world.write({"main.tf": CALL + BACKEND})
    assert engine.world.engine.state_lock(engine.world.execution(judged=judged)) is None
    (look,) = [call for call in engine.calls() if call.startswith("state rm")]
    assert "-var-file=" in look


def test_code_that_computes_nothing_gets_no_values_where_it_did_not_before(engine: Engine) -> None:
    engine.world.write({"main.tf": 'module "m" {\n  source = "./mods/b"\n}\n'})
    assert isinstance(engine.world.plan(judged=replace(JUDGED, computed=False)), Planned)
    assert not any("-var-file=" in call for call in engine.calls() if call.startswith("show"))


def test_another_source_than_the_judged_one_ends_the_run(engine: Engine) -> None:
    assert engine.init() == ""
    engine.lists({"Key": "m", "Source": "./mods/a", "Dir": "mods/a"})
    engine.world.write({"more.tf": 'module "n" {\n  source = "./mods/b"\n}\n'})
    told = engine.init()
    assert "module \"m\" comes from './mods/a', and the source that was judged is './mods/b'" in told


def test_a_module_that_nobody_judged_ends_the_run(terraform: Engine) -> None:
    terraform.lists({"Key": "other", "Source": "./mods/b", "Dir": "mods/b"})
    assert (
        "module \"other\" comes from './mods/b', and the source that was judged is none" in terraform.init()
    )


@pytest.mark.parametrize(
    ("judged", "listed"),
    [
        ("./mods//b/", "./mods/b"),
        ("acme/vpc/aws//modules/x", "registry.terraform.io/acme/vpc/aws//modules/x"),
        ("github.com/acme/vpc//sub?ref=v1", "git::https://github.com/acme/vpc.git//sub?ref=v1"),
        ("github.com/acme/vpc/sub", "git::https://github.com/acme/vpc.git//sub"),
        ("git@example.com:acme/vpc.git", "git::ssh://git@example.com/acme/vpc.git"),
        ("git::https://Example.com/vpc.git?ref=v1", "git::https://Example.com/vpc.git?ref=v1"),
        ("https://example.com/vpc.zip", "https://example.com/vpc.zip"),
    ],
)
@pytest.mark.repeats
def test_one_source_in_two_forms_is_the_same(terraform: Engine, judged: str, listed: str) -> None:
    terraform.world.execution()
    local = listed.startswith("./")
    folder = "mods/b" if local else terraform.fetched_in("m")
    if not local:
        (terraform.fetched / "m").mkdir()
    terraform.lists({"Key": "m", "Source": listed, "Dir": folder})
    assert terraform.init(Judged({(".", "m"): frozenset({judged})}, computed=True)) == ""


@pytest.mark.parametrize(
    "listed",
    [
        "git::https://github.com/acme/vpc.git//sub?ref=v2",
        "git::https://github.com/acme/other.git//sub?ref=v1",
        "./mods/b",
    ],
)
@pytest.mark.repeats
def test_another_ref_or_repository_is_another_source(terraform: Engine, listed: str) -> None:
    terraform.world.execution()
    (terraform.fetched / "m").mkdir()
    folder = "mods/b" if listed.startswith("./") else terraform.fetched_in("m")
    terraform.lists({"Key": "m", "Source": listed, "Dir": folder})
    told = terraform.init(Judged({(".", "m"): frozenset({"github.com/acme/vpc//sub?ref=v1"})}, computed=True))
    assert "the source that was judged is 'github.com/acme/vpc//sub?ref=v1'" in told


def test_an_allowed_module_calls_none_by_an_address_that_is_passed_to_it(terraform: Engine) -> None:
    """Otherwise a commit would choose any source through a module that the operator trusts."""
    terraform.world.execution()
    judged = replace(JUDGED, sources={(".", "m"): frozenset({"acme/wrapper/aws"})})
    modules = (
        {"Key": "m", "Source": "registry.terraform.io/acme/wrapper/aws", "Dir": terraform.fetched_in("m")},
        {"Key": "m.x", "Source": "git::https://evil.example.com/x", "Dir": terraform.fetched_in("m.x")},
    )
    code = {"m/main.tf": 'variable "s" {}\nmodule "x" {\n  source = var.s\n}\n', "m.x/main.tf": ""}
    terraform.lists(*modules, code=code)
    told = terraform.init(judged)
    assert "module \"m.x\" has a computed source: 'git::https://evil.example.com/x'" in told
    assert "is not among allow.modules of the source" in told
    literal = {"m/main.tf": 'module "x" {\n  source = "git::https://evil.example.com/x"\n}\n'}
    terraform.lists(*modules, code=literal)
    assert terraform.init(judged) == ""


def test_a_backend_that_the_engine_evaluates_otherwise_ends_the_run(tmp_path: Path) -> None:
    engine = Engine(World(tmp_path / "data"), TOFU)
    engine.backend(ADDRESS + "/evil")
    judged = replace(JUDGED, backend=Backend("http", {"address": ADDRESS + "/b"}))
    assert "it recorded address = 'http://127.0.0.1:9/state/evil'" in engine.init(judged)


def test_another_value_runs_init_again_wherever_it_comes_from(terraform: Engine) -> None:
    for value in ("b", "b", "a"):
        terraform.lists({"Key": "m", "Source": f"./mods/{value}", "Dir": f"mods/{value}"})
        assert terraform.init(replace(JUDGED, sources={(".", "m"): frozenset({f"./mods/{value}"})})) == ""
    assert [call.split()[0] for call in terraform.calls()] == ["init", "init"]
