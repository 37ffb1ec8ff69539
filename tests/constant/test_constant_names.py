"""What names in an expression are worth: variables by what is given to them, locals, and calls of modules."""

import json

import pytest
from evaluated import TERRAFORM, root, seen

from runner.engine.modules.configuration import HclModules
from runner.engine.modules.definitions import definitions_of, values_file
from runner.hcl.parsed import parse
from runner.model.constant.expression import Refused
from runner.model.constant.given import Given, Hidden, Text
from runner.model.constant.scope import Scope

TYPED = 'variable "x" {\n  type    = string\n  default = "default"\n}\n'


def refused(scope: Scope, text: str) -> str:
    with pytest.raises(Refused) as error:
        seen(scope, text)
    return str(error.value)


def test_a_default_counts_where_nothing_is_given() -> None:
    assert seen(root(TYPED), "var.x") == "default"


def test_var_files_count_before_the_default_and_the_last_one_before_the_others() -> None:
    files = [values_file("a.auto.tfvars", b'x = "auto"\n'), values_file("b.tfvars", b'x = "named"\n')]
    assert seen(root(TYPED, None, *files[:1]), "var.x") == "auto"
    assert seen(root(TYPED, None, *files), "var.x") == "named"
    assert seen(root(TYPED, {"x": "own"}, *files), "var.x") == "own"


def test_the_environment_counts_before_the_default_and_no_var_file() -> None:
    definitions = definitions_of({"main.tf": TYPED.encode()})
    one = root(TYPED)
    one.given = Given({"x": Text("of env", parse("of env"))})
    assert seen(one, "var.x") == "of env"
    other = Scope(
        lambda: definitions,
        one.rules,
        one.budget,
        Given(one.given.environment, (values_file("x.tfvars", b'x = "file"'),)),
    )
    assert seen(other, "var.x") == "file"


def test_a_value_that_only_a_run_knows_is_refused_with_its_origin() -> None:
    one = root(TYPED)
    one.given = Given({"x": Hidden("it is output a of net, which only a run knows")})
    assert refused(one, "var.x") == "var.x: it is output a of net, which only a run knows"


def test_an_environment_variable_is_an_expression_for_lists_and_maps_only() -> None:
    code = 'variable "m" {\n  type = map(string)\n}\nvariable "s" {}\n'
    one = root(code)
    one.given = Given({name: Text('{a = "b"}', parse('{a = "b"}')) for name in ("m", "s")})
    assert (seen(one, "var.m"), seen(one, "var.s")) == ({"a": "b"}, '{a = "b"}')


def test_locals_are_followed_and_a_circle_is_refused() -> None:
    one = root(
        'locals {\n  a = "${local.b}/c"\n  b = lower("B")\n  round = local.again\n  again = local.round\n}\n'
    )
    assert seen(one, "local.a") == "b/c"
    assert "refers to itself" in refused(one, "local.round")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('default = "x"\n  sensitive = true', "it is sensitive"),
        ('default = "x"\n  ephemeral = true', "it is ephemeral"),
        ('default = "x"\n  sensitive = var.y', "it is sensitive"),
        ("type = string", "it has no value: set it in vars or var_files"),
        ("default = aws_vpc.x.id", "aws_vpc"),
        ("default = [for x in [] : x]", "for expression"),
        ("type = number\n  default = [1]", "declared"),
        ("nullable = false\n  default = null", "nullable"),
        ("type = list(string)\n  default = null", "null"),
    ],
)
def test_a_variable_that_no_engine_or_not_certainly_accepts_there_is_refused(body: str, reason: str) -> None:
    one = root(f'variable "x" {{\n  {body}\n}}\n')
    told = refused(one, "var.x")
    assert reason in told
    assert (
        refused(root(f'variable "x" {{\n  {body}\n}}\nlocals {{\n  l = try(var.x, "y")\n}}\n'), "local.l")
        == told
    )


def test_terraform_takes_constant_variables_only() -> None:
    code = 'variable "c" {\n  const   = true\n  default = "c"\n}\nvariable "v" {\n  default = "v"\n}\n'
    assert seen(root(code, rules=TERRAFORM), "var.c") == "c"
    assert refused(root(code, rules=TERRAFORM), "var.v") == "var.v: it is not declared with const = true"
    assert seen(root(code), "var.v") == "v"


def test_a_default_is_converted_to_its_type_and_a_given_value_needs_no_conversion() -> None:
    code = 'variable "x" {\n  type    = string\n  default = 5\n}\n'
    assert seen(root(code), 'var.x == "5"') is True
    assert (
        refused(root(code, {"x": 6}), "var.x") == "var.x: it has another type than the one that is declared"
    )
    assert seen(root(code, {"x": "6"}), "var.x") == "6"


@pytest.mark.parametrize(
    ("declared", "given", "worth"),
    [
        ("list(string)", ["a"], ["a"]),
        ("map(string)", {"a": "b"}, {"a": "b"}),
        ("object({a = string, b = optional(string)})", {"a": "x", "b": "y"}, {"a": "x", "b": "y"}),
        ("tuple([string, bool])", ["a", True], ["a", True]),
        ("any", {"a": ["b"]}, {"a": ["b"]}),
        ("object({a = string, b = optional(string)})", {"a": "x"}, None),
        ("list(any)", ["a", None], ["a", None]),
        ("list(object({a = string, b = bool}))", [{"a": "x", "b": True}], [{"a": "x", "b": True}]),
        ("list(any)", ["a", True], None),
        ("map(list(any))", {"a": ["a", True]}, None),
        ("map(any)", {"a": {"b": "a", "c": 1}}, None),
        ("list(string)", [1], None),
        ("list(string)", "a", None),
        ("set(string)", ["a"], None),
        ("map(bool)", {"a": "true"}, None),
    ],
)
def test_a_list_or_a_map_has_the_declared_type_or_is_refused(
    declared: str, given: object, worth: object
) -> None:
    one = root(f'variable "x" {{\n  type = {declared}\n}}\n', {"x": given})
    if worth is None:
        refused(one, "var.x")
    else:
        assert seen(one, "var.x") == worth


def test_a_name_that_is_declared_twice_is_refused() -> None:
    code = {"main.tf": TYPED.encode(), "override.tf": b'variable "x" {\n  default = "other"\n}\n'}
    assert refused(root(code), "var.x") == "var.x: it is declared more than once"
    assert "declared more than once" in refused(
        root("locals {\n  a = 1\n}\nlocals {\n  a = 2\n}\n"), "local.a"
    )


def test_a_file_that_cannot_be_read_may_declare_anything() -> None:
    code = {"main.tf": TYPED.encode(), "z.tf": b"variable {\n"}
    assert "z.tf cannot be read as HCL" in refused(root(code), "var.x")


@pytest.mark.parametrize(
    ("name", "content", "flaw"),
    [
        ("a.tfvars", b"x = {\n", "line 2"),
        ("a.tfvars.json", b"[1]", "no JSON object"),
        ("a.tfvars.json", b'{"x": 1, "x": "y"}', "twice"),
        ("a.tfvars", b"\xff", "it is not UTF-8"),
        ("a.tfvars", b'x = "a"\n' * 2, "twice"),
    ],
)
def test_a_var_file_that_cannot_be_read_may_set_anything(name: str, content: bytes, flaw: str) -> None:
    told = refused(root(TYPED, None, values_file(name, content)), "var.x")
    assert told.startswith(f"var.x: {name} cannot be read")
    assert flaw in told


def test_var_files_contain_neither_names_nor_functions_nor_templates_of_json() -> None:
    hcl = values_file("a.tfvars", b"x = var.y\n")
    assert "var.y" in refused(root(TYPED, None, hcl), "var.x")
    plain = values_file("a.tfvars.json", json.dumps({"x": "${var.y}$${z}"}).encode())
    assert seen(root(TYPED, None, plain), "var.x") == "${var.y}$${z}"


def test_a_negative_zero_is_no_zero_to_the_engine() -> None:
    code = 'variable "x" {\n  type = number\n}\n'
    for name, content in (("a.tfvars", b"x = -0\n"), ("a.tfvars.json", b'{"x": -0}')):
        refused(root(code, None, values_file(name, content)), '"m${var.x}"')
    declared = {"main.tf.json": b'{"variable": {"x": {"default": -0}}}'}
    refused(root(declared), '"m${var.x}"')


@pytest.mark.parametrize("escaped", ["./$${x}", "./%%{x}"])
def test_escapes_of_templates_in_json_are_refused_where_not_all_engines_evaluate(escaped: str) -> None:
    """The directory would be `$${x}` to one of them, and `${x}` to another."""
    call = {"source": escaped, "version": escaped, "x": escaped}
    document = {"module": {"m": call}, "terraform": {"backend": {"local": {"path": escaped}}}}
    files = {"main.tf.json": json.dumps(document).encode()}
    facts, declared = HclModules().read(files), definitions_of(files)
    assert (facts.calls, facts.computed) == ((), ("m",))
    assert facts.backend is not None
    assert facts.backend.computed == ("path",)
    module, path = declared.calls["m"], declared.backend["path"]
    assert module.version is not None
    for written in (module.source, module.version, path):
        with pytest.raises(Refused, match="do not mean the same to all engines"):
            root(files).value(written)
    assert root(files).value(module.arguments["x"]) == escaped[:2] + escaped[3:]


def test_a_module_may_have_a_variable_whose_name_only_a_lifecycle_block_reserves() -> None:
    outer = root('module "m" {\n  source = "./m"\n  enabled = "given"\n}\n')
    inner = definitions_of({"main.tf": b'variable "enabled" {\n  default = "default"\n}\n'})
    below = outer.below(lambda: inner, lambda: outer.definitions().calls["m"])
    assert seen(below, "var.enabled") == "given"


def test_json_files_declare_the_same_and_their_texts_are_templates_except_in_defaults() -> None:
    document = {
        "variable": {"x": {"type": "string", "default": "${y}"}, "s": [{"sensitive": True, "default": "s"}]},
        "locals": [{"a": "${var.x}/$${b}", "//": "a comment"}, {"m": {"k": "v"}}],
    }
    one = root({"main.tf.json": json.dumps(document).encode()})
    assert (seen(one, "local.a"), seen(one, "local.m.k")) == ("${y}/${b}", "v")
    assert "sensitive" in refused(one, "var.s")


def test_the_workspace_is_known_where_the_engine_knows_it() -> None:
    assert seen(root(""), "terraform.workspace") == "blue"
    assert "does not know it yet" in refused(root("", rules=TERRAFORM), "terraform.workspace")
    assert seen(root(""), '"${path.module}/x"') == "./x"


def test_a_called_module_gets_its_arguments_and_its_own_defaults() -> None:
    inner = definitions_of(
        {"main.tf": TYPED.encode() + b'variable "y" {\n  default = "inner"\n}\nvariable "z" {}\n'}
    )
    outer = root('locals {\n  a = "outer"\n}\nmodule "m" {\n  source = "./m"\n  x = local.a\n}\n')
    below = outer.below(lambda: inner, lambda: outer.definitions().calls["m"])
    assert (seen(below, "var.x"), seen(below, "var.y")) == ("outer", "inner")
    assert "it has no value" in refused(below, "var.z")
    assert "the call of its module is declared more than once" in refused(
        outer.below(lambda: inner, lambda: None), "var.x"
    )
    assert "does not evaluate it there" in refused(below, "path.module")


def test_a_deep_chain_of_names_is_refused() -> None:
    chain = "".join(f"  l{number} = local.l{number + 1}\n" for number in range(200))
    assert "more than can be followed" in refused(root(f"locals {{\n{chain}  l200 = 1\n}}\n"), "local.l0")


def test_texts_that_double_each_other_are_refused_before_they_are_made() -> None:
    doubled = "".join(f'  l{n} = "${{local.l{n + 1}}}${{local.l{n + 1}}}"\n' for n in range(25))
    assert "a text of more than" in refused(root(f'locals {{\n{doubled}  l25 = "xxxx"\n}}\n'), "local.l0")
