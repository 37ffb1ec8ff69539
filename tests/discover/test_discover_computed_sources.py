"""Module sources and backends of variables and locals: evaluated, judged, and an input of their stack."""

from dataclasses import replace
from typing import Any

import pytest
from discover_world import Place, known, messages, names

from runner.model.code.surroundings import Surroundings
from runner.model.engine.choice import Installed
from runner.model.settings.context import Context

VARIABLE = 'variable "which" {{\n  const   = true\n  type    = string\n  default = "{default}"\n}}\n'
CALL = 'module "m" {\n  source = "./mods/${var.which}"\n}\n'
MODULES = {"app/mods/a/main.tf": "# a", "app/mods/b/main.tf": "# b"}
STACK = {
    "app/stack.yaml": "name: app\nvars: {which: b}\n",
    "app/main.tf": VARIABLE.format(default="a") + CALL,
    **MODULES,
}
BACKEND = (
    'terraform {\n  backend "s3" {\n    bucket = "states"\n    key    = "${var.which}/x.tfstate"\n  }\n}\n'
)
TOFU = "name: app\nengine: tofu\nvars: {which: b}\n"


class Given:
    """Engines of a daemon with these variables."""

    def __init__(self, *versions: str, **variables: str) -> None:
        self.versions = versions
        environment = {f"TF_VAR_{name}": value for name, value in variables.items()}
        self.surroundings = Surroundings((), ("TF_VAR_*",), environment)

    def installed(self, engine: str) -> tuple[Installed, ...]:
        return tuple(Installed(engine, one, f"/opt/{one}", default=True) for one in self.versions)


def with_engines(place: Place, engines: Given) -> None:
    place.discoverer = replace(place.discoverer, engines=engines)


@pytest.fixture
def place(place: Place) -> Place:
    place.allow(backends=("s3", "local"), engines=("terraform", "tofu"))
    with_engines(place, Given())
    return place


def test_the_module_that_is_called_is_an_input_and_the_one_beside_it_is_not(place: Place) -> None:
    before = place.inputs(STACK)
    assert place.inputs({"app/mods/a/main.tf": "# changed"}) == before
    assert place.inputs({"app/mods/b/main.tf": "# changed"}) != before


def test_another_value_calls_another_module(place: Place) -> None:
    before = place.inputs(STACK)
    other = place.inputs({"app/stack.yaml": "name: app\nvars: {which: a}\n"})
    assert other != before
    assert place.inputs({"app/mods/b/main.tf": "# changed"}) == other


def test_a_module_beside_the_called_one_that_the_code_reads_stays_an_input(place: Place) -> None:
    reads = 'output "o" {\n  value = file("${path.module}/mods/a/main.tf")\n}\n'
    before = place.inputs({**STACK, "app/out.tf": reads})
    assert place.inputs({"app/mods/a/main.tf": "# changed"}) != before


def test_what_a_called_module_reads_by_what_is_passed_to_it_is_an_input(place: Place) -> None:
    call = CALL.replace("}\n", '  path = "../../../shared/x"\n}\n')
    reads = 'variable "path" {}\noutput "o" {\n  value = file("${path.module}/${var.path}")\n}\n'
    code = {"app/main.tf": VARIABLE.format(default="a") + call, "app/mods/b/main.tf": reads, "shared/x": "1"}
    before = place.inputs({**STACK, **code})
    assert place.inputs({"shared/x": "2"}) != before


@pytest.mark.parametrize(
    ("files", "called"),
    [
        ({"app/stack.yaml": "name: app\n"}, "a"),
        ({"app/stack.yaml": "name: app\n", "app/terraform.tfvars": 'which = "b"\n'}, "b"),
        ({"app/stack.yaml": "name: app\n", "app/terraform.tfvars.json": '{"which": "b"}'}, "b"),
        (
            {
                "app/stack.yaml": "name: app\n",
                "app/terraform.tfvars": 'which = "a"\n',
                "app/z.auto.tfvars": 'which = "b"\n',
            },
            "b",
        ),
        (
            {
                "app/stack.yaml": "name: app\nvar_files: [b.tfvars]\n",
                "app/z.auto.tfvars": 'which = "a"\n',
                "app/b.tfvars": 'which = "b"\n',
            },
            "b",
        ),
        ({"app/z.auto.tfvars": 'which = "a"\n'}, "b"),
        ({"app/stack.yaml": "name: app\nenv: {TF_VAR_which: b}\n"}, "b"),
        (
            {
                "app/stack.yaml": "name: app\nenv: {TF_VAR_which: b}\n",
                "app/terraform.tfvars": 'which = "a"\n',
            },
            "a",
        ),
        (
            {
                "app/main.tf": VARIABLE.format(default="a")
                + 'locals {\n  m = "b"\n}\n'
                + CALL.replace("var.which", "local.m")
            },
            "b",
        ),
        (
            {
                "app/main.tf.json": '{"locals": {"m": "${var.which}"}}',
                "app/main.tf": VARIABLE.format(default="a") + CALL.replace("var.which", "local.m"),
            },
            "b",
        ),
    ],
)
@pytest.mark.repeats
def test_values_count_in_the_order_of_the_engine(place: Place, files: dict[str, str], called: str) -> None:
    other = "b" if called == "a" else "a"
    before = place.inputs({**STACK, **files})
    assert place.inputs({f"app/mods/{other}/main.tf": "# changed"}) == before
    assert place.inputs({f"app/mods/{called}/main.tf": "# changed"}) != before


def test_the_daemons_variable_counts_after_the_stack_files_own_and_a_context_before_both(
    place: Place,
) -> None:
    plain = {**STACK, "app/stack.yaml": "name: app\n", "app/main.tf": VARIABLE.format(default="none") + CALL}
    with_engines(place, Given(which="b"))
    before = place.inputs(plain)
    assert place.inputs({"app/mods/b/main.tf": "# changed"}) != before
    own = place.inputs({"app/stack.yaml": "name: app\nenv: {TF_VAR_which: a}\n"})
    assert place.inputs({"app/mods/a/main.tf": "# changed"}) != own
    engines = Given(which="a")
    engines.surroundings = replace(engines.surroundings, contexts=(Context("c", vars={"which": "b"}),))
    with_engines(place, engines)
    given = place.inputs({})
    assert place.inputs({"app/mods/a/main.tf": "# again"}) == given


def test_another_address_is_an_input_though_no_file_has_changed(place: Place) -> None:
    code = VARIABLE.format(default="a") + 'module "m" {\n  source = "acme/${var.which}/aws"\n}\n'
    with_engines(place, Given(which="a"))
    before = place.inputs({**STACK, "app/stack.yaml": "name: app\n", "app/main.tf": code})
    with_engines(place, Given(which="b"))
    assert place.inputs({}) != before


def test_another_value_of_the_daemon_has_its_sources_discovered_again(place: Place) -> None:
    digests = set()
    for value in ("a", "b"):
        with_engines(place, Given(which=value))
        digests.add(place.discoverer.settings_digest(place.remote.source))
    assert len(digests) == 2


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "no value": ({"app/stack.yaml": "name: app\n", "app/main.tf": 'variable "which" {\n  const = true\n}\n' + CALL}, "it has no value: set it in vars or var_files of the stack"),
    "no constant": ({"app/main.tf": 'variable "which" {}\n' + CALL}, "it is not declared with const = true"),
    "a sensitive one": ({"app/main.tf": VARIABLE.format(default="a").replace("const", "sensitive = true\n  const") + CALL}, "it is sensitive, which no engine accepts there"),
    "a resource": ({"app/main.tf": CALL.replace("var.which", "terraform_data.x.output")}, "terraform_data"),
    "a try": ({"app/main.tf": CALL.replace("${var.which}", '${try(terraform_data.x.output, "b")}')}, "terraform_data"),
    "another function": ({"app/main.tf": CALL.replace("var.which", 'basename("x")')}, "basename() is not among the functions"),
    "no text": ({"app/main.tf": 'module "m" {\n  source = true ? null : "x"\n}\n'}, "its value is no text"),
    "a version": ({"app/main.tf": 'module "m" {\n  source  = "acme/x/y"\n  version = "${timestamp()}"\n}\n'}, 'the version of module "m" cannot be evaluated'),
    "an output": ({"app/stack.yaml": "name: app\ndepends_on: [{stack: net, outputs: {x: which}}]\n", "net/stack.yaml": "name: net\n"}, "it is output x of net, which only a run knows"),
    "a var file with a name": ({"app/stack.yaml": "name: app\n", "app/terraform.tfvars": "which = local.x\n"}, "it refers to local.x"),
    "an unreadable var file": ({"app/stack.yaml": "name: app\n", "app/terraform.tfvars": "which = {\n"}, "app/terraform.tfvars cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "reason"), REFUSED.values(), ids=REFUSED)
@pytest.mark.repeats
def test_what_cannot_be_evaluated_is_refused_with_its_place_and_the_reason(
    place: Place, files: dict[str, str], reason: str
) -> None:
    found = place.discovered({**STACK, **files})
    assert "app" not in names(found)
    (told,) = [one for one in messages(found) if one.startswith("app/")]
    assert reason in told
    assert "cannot be evaluated: " in told


def test_the_place_is_the_line_of_the_expression(place: Place) -> None:
    code = 'variable "which" {\n}\n\n' + CALL
    (told,) = messages(place.discovered({**STACK, "app/main.tf": code}))
    assert told.startswith(
        'app/main.tf:5:1: stack "app": the source of module "m" cannot be evaluated: "./mods/${var.which}" ('
    )


def test_a_linked_var_file_counts_with_what_it_leads_to(place: Place) -> None:
    place.commit({**STACK, "app/stack.yaml": "name: app\n", "values/b": 'which = "b"\n'})
    place.link("app/terraform.tfvars", "../values/b")
    before = place.inputs({})
    assert place.inputs({"app/mods/b/main.tf": "# changed"}) != before
    place.remote.write({"app/terraform.tfvars": None})
    place.link("app/terraform.tfvars", "/etc/passwd")
    (told,) = [one for one in messages(place.discovered({})) if "cannot be evaluated" in one]
    assert "app/terraform.tfvars cannot be read: it is not a file of the repository" in told


def test_the_address_that_comes_out_is_what_the_source_allows_or_not(place: Place) -> None:
    place.allow(modules=("registry.terraform.io/acme/*",))
    code = 'locals {\n  org = "acme"\n}\nmodule "m" {\n  source = "${local.org}/vpc/aws"\n}\n'
    assert names(place.discovered({**STACK, "app/main.tf": code})) == ["app"]
    (told,) = messages(place.discovered({"app/main.tf": code.replace('= "acme"', '= "evil"')}))
    assert "(registry.terraform.io/evil/vpc/aws) is not among allow.modules of the source" in told


@pytest.mark.parametrize(
    "value",
    ["../../../..", "../../etc", "git::ext::sh", "../../linked"],
    ids=["above", "a missing one", "ext", "a link"],
)
def test_a_value_leads_to_no_forbidden_place(place: Place, value: str) -> None:
    place.commit(STACK)
    place.link("linked", "app/mods/b")
    found = place.discovered({"app/stack.yaml": f'name: app\nvars: {{which: "{value}"}}\n'})
    assert names(found) == []


def test_a_called_module_passes_its_own_values_on(place: Place) -> None:
    middle = VARIABLE.format(default="x") + 'module "n" {\n  source = "../${var.which}"\n}\n'
    code = 'module "one" {\n  source = "./mods/middle"\n  which  = "a"\n}\nmodule "two" {\n  source = "./mods/middle"\n  which  = "b"\n}\n'
    before = place.inputs({**STACK, "app/main.tf": code, "app/mods/middle/main.tf": middle})
    assert place.inputs({"app/mods/a/main.tf": "# changed"}) != before
    again = place.inputs({})
    assert place.inputs({"app/mods/b/main.tf": "# changed"}) != again


def test_modules_that_call_each_other_without_end_are_refused(place: Place) -> None:
    calls = "".join(f'module "m{n}" {{\n  source = "../${{local.n}}"\n}}\n' for n in range(4))
    files: dict[str, Any] = {
        f"app/mods/m{n}/main.tf": f'locals {{\n  n = "m{n + 1}"\n}}\n{calls}' for n in range(8)
    }
    files |= {
        "app/mods/m8/main.tf": "",
        "app/main.tf": 'locals {\n  n = "m0"\n}\nmodule "m" {\n  source = "./mods/${local.n}"\n}\n',
    }
    (told,) = messages(place.discovered({**STACK, **files}))
    assert "calls more than 2,000 modules" in told
    circle = 'locals {\n  n = "m0"\n}\nmodule "m" {\n  source = "../${local.n}"\n}\n'
    assert any("calls itself" in one for one in messages(place.discovered({"app/mods/m0/main.tf": circle})))


def test_a_computed_backend_is_the_identity_of_a_tofu_stack_and_judged(place: Place) -> None:
    code = {"app/stack.yaml": TOFU, "app/main.tf": VARIABLE.format(default="a") + BACKEND}
    (stack,) = place.discovered(code).stacks
    assert '"key":"b/x.tfstate"' in stack.identity.address
    twin = {
        "other/stack.yaml": TOFU.replace("app", "other"),
        "other/main.tf": VARIABLE.format(default="a") + BACKEND,
    }
    found = place.discovered(twin, [known(stack)])
    assert names(found) == ["app"]
    assert "state" in messages(found)[0]
    local = 'terraform {\n  backend "local" {\n    path = "/states/${var.which}/x"\n  }\n}\n'
    (told,) = messages(
        place.discovered({"app/main.tf": VARIABLE.format(default="a") + local, **dict.fromkeys(twin)})
    )
    assert "'/states/b/x' is not" in told
    place.allow(backends=("local",), engines=("tofu",), state_folders=("/states/b",))
    assert names(place.found()) == ["app"]


def test_a_computed_backend_without_a_value_is_refused_and_a_stack_file_may_give_one(place: Place) -> None:
    code = {"app/stack.yaml": "name: app\nengine: tofu\n", "app/main.tf": 'variable "which" {}\n' + BACKEND}
    (told,) = messages(place.discovered(code))
    assert 'app/main.tf:5:1: stack "app": key of the backend "s3" cannot be evaluated' in told
    (stack,) = place.discovered(
        {"app/stack.yaml": "name: app\nengine: tofu\nbackend_config: {key: k}\n"}
    ).stacks
    assert '"key":"k"' in stack.identity.address


def test_a_computed_backend_of_terraform_is_refused(place: Place) -> None:
    (told,) = messages(place.discovered({**STACK, "app/main.tf": VARIABLE.format(default="a") + BACKEND}))
    assert "key of the backend is computed" in told


def test_a_computed_source_needs_a_version_that_evaluates_it(place: Place) -> None:
    with_engines(place, Given("1.11.4"))
    (told,) = messages(place.discovered(STACK))
    assert (
        "app has a computed module source or version, which needs >= 1.15.0, and only 1.11.4 is installed"
        in told
    )
    with_engines(place, Given("1.15.9"))
    assert names(place.found()) == ["app"]


def test_stacks_without_computed_sources_keep_their_inputs(place: Place) -> None:
    """Their digests are recorded: another one would plan every stack after an upgrade."""
    plain = {
        "app/stack.yaml": "name: app\n",
        "app/main.tf": 'module "m" {\n  source = "./mods/b"\n}\n',
        **MODULES,
    }
    before = place.inputs(plain)
    assert place.inputs({"app/mods/a/main.tf": "# changed"}) != before
