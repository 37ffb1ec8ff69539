"""What a stack's code reads by functions of terraform is an input of it, wherever in the repository that lies."""

import pytest
from discover_world import CALL, Place

Files = dict[str, str | bytes | None]

ELSEWHERE: Files = {
    "values.yaml": "a: 1\n",
    "config/one.json": "{}",
    "config/two.json": "{}",
    "config/deep/three.json": "{}",
    "config/note.md": "x",
    "other/stack.yaml": "name: other\n",
    "other/shared.txt": "x",
    "top.txt": "x",
}
# What the code of the stack in `app` says, and which of the files elsewhere it reads. None: nobody can tell.
READS: dict[str, tuple[str, set[str]]] = {
    "by the module's path": ('file("${path.module}/../values.yaml")', {"values.yaml"}),
    "inside of other functions": ('yamldecode(file("${path.module}/../values.yaml")).a', {"values.yaml"}),
    "relative to the root module": ('file("../values.yaml")', {"values.yaml"}),
    "by the root's path": ('filebase64("${path.root}/../config/one.json")', {"config/one.json"}),
    "by the working folder": ('filesha256("${path.cwd}/../config/one.json")', {"config/one.json"}),
    "as an absolute path": ('filemd5(abspath("${path.module}/../values.yaml"))', {"values.yaml"}),
    "joined": ('file(join("/", [path.module, "..", "values.yaml"]))', {"values.yaml"}),
    "formatted": ('file(format("%s/../%s.yaml", path.module, "values"))', {"values.yaml"}),
    "a template": ('templatefile("../top.txt", { x = file("../values.yaml") })', {"top.txt", "values.yaml"}),
    "in a template of a text": ('"a ${upper(file("../values.yaml"))} b"', {"values.yaml"}),
    "in a heredoc": ('<<EOT\n  ${file("../values.yaml")}\nEOT\n', {"values.yaml"}),
    "one of two": ('file(var.x ? "../top.txt" : "../config/one.json")', {"top.txt", "config/one.json"}),
    "where it may be missing": ('fileexists("../new.txt") ? 1 : 2', {"new.txt"}),
    "by a local": ("file(local.path)", {"config/one.json"}),
    "by a part of a local": ('file(local.paths["two"])', {"config/two.json"}),
    "by a variable with a default": ("file(var.path)", {"top.txt"}),
    "by the workspace": ('file("../${terraform.workspace}.txt")', {"default.txt"}),
    "by a variable of the stack file": ("file(var.given)", {"config/one.json"}),
    "by a variable of a var file": ("file(var.filed)", {"config/two.json"}),
    "behind a comment": ('file/* x */("sub/../../values.yaml")', {"values.yaml"}),
    "with escaped dots": ('file("\\u002e\\u002e/values.yaml")', {"values.yaml"}),
    "all that match": (
        '{ for f in fileset("${path.module}/../config", "*.json") : f => file("../config/${f}") }',
        {"config/one.json", "config/two.json", "config/note.md", "config/deep/three.json"},
    ),
    "the names that match": ('fileset("../config", "**/*.json")', {"config/one.json", "config/two.json", "config/deep/three.json"}),
    "some of many": (
        '[for n in ["one", "two"] : file("../config/${n}.json")]',
        {"config/one.json", "config/two.json", "config/note.md", "config/deep/three.json"},
    ),
    "what belongs to another stack": ('file("../other/shared.txt")', {"other/shared.txt"}),
    "what a provider reads": ('"${path.module}/../config/one.json"', {"config/one.json"}),
    "what a provider reads as a folder": ('"../config/deep"', {"config/deep/three.json"}),
    "only in a comment": ('1 # file("../values.yaml")', set()),
    "only in words": ('"call file(x) of it"', set()),
    "outside the repository": ('file("/etc/hostname")', set()),
    "outside of it, and relative": ('file("../../../x")', set()),
    "at home": ('file(pathexpand("~/.ssh/id.pub"))', set()),
}  # fmt: skip
CODE = """\
resource "terraform_data" "it" {{
  input = {reads}
}}
"""
# What the code says of a name, where it is used.
NAMES = {
    "var.path": 'variable "path" { default = "../top.txt" }\n',
    "var.given": 'variable "given" {}\n',
    "var.filed": 'variable "filed" { default = "../nowhere" }\n',
    "var.unset": 'variable "unset" {}\n',
    "var.x": 'variable "x" { default = true }\n',
    "local.path)": 'locals {\n  in   = "${path.module}/../config"\n  name = "one"\n  path = "${local.in}/${local.name}.json"\n}\n',
    "local.paths": 'locals { paths = { one = "x.json", two = "../config/two.json" } }\n',
    "local.circle": "locals {\n  circle = local.again\n  again  = local.circle\n}\n",
}


def app(place: Place, code: str, more: Files | None = None) -> None:
    place.commit(
        {
            **ELSEWHERE,
            "app/stack.yaml": "name: app\nvars: {given: ../config/one.json}\nvar_files: [app.tfvars]\n",
            "app/app.tfvars": 'filed = "../config/two.json"\n',
            "app/main.tf": code,
            "app/names.tf": "".join(text for name, text in NAMES.items() if name in code),
            **(more or {}),
        }
    )


def unknown(place: Place) -> tuple[str, ...]:
    found = place.found()
    assert not found.problems, found.problems
    return next(stack.unknown_inputs for stack in found.stacks if stack.definition.name == "app")


def moving(place: Place) -> set[str]:
    """Which of the files elsewhere move the stack's inputs."""
    names = [name for name in ELSEWHERE if not name.endswith("stack.yaml")] + ["new.txt", "default.txt"]
    before, found = place.inputs({})["app"], set()
    for name in names:
        after = place.inputs({name: f"moved {name}\n"})["app"]
        if after != before:
            found.add(name)
        before = after
    return found


@pytest.mark.repeats
@pytest.mark.parametrize("how", READS)
def test_what_is_read_elsewhere_moves_the_inputs_and_nothing_else_does(place: Place, how: str) -> None:
    reads, files = READS[how]
    app(place, CODE.format(reads=reads))
    assert unknown(place) == ()
    assert moving(place) == files


UNKNOWN = [
    "file(data.terraform_data.x.output)",
    'file("${path.module}/../config/${terraform_data.x.output}.json")',
    "file(var.unset)",
    'file(trimspace(file("../values.yaml")))',
    'file(yamldecode(file("../values.yaml")).paths[0])',
    'fileset(var.unset, "*.json")',
    'file("../config/%{ if true }one%{ endif }.json")',
    "file(local.nowhere)",
    "file(local.circle)",
    "[for f in var.unset : file(f)]",
    'file("' + "x" * 9000 + '")',
    # Texts that lead nowhere by themselves can be made into one that leads upwards.
    'file(join("", tolist([".", "./values.yaml"])))',
    'file(lower("\\u002e\\u002e/values.yaml"))',
    'file(replace("AA/values.yaml", "AA", ".."))',
    'file(strrev("lmay.seulav/.."))',
    'file(base64decode("Li4vdmFsdWVzLnlhbWw="))',
    'file(element([".", "./values.yaml"], 0))',
]


@pytest.mark.parametrize("reads", UNKNOWN)
def test_the_location_of_an_unknown_read_is_reported(place: Place, reads: str) -> None:
    app(place, CODE.format(reads=reads))
    (messages,) = unknown(place)
    assert messages.startswith("app/main.tf:2: file")
    assert len(messages) < 150


@pytest.mark.parametrize(
    "template",
    [
        '${file("../values.yaml")}',
        '%{ if fileexists ("../x") }y%{ endif }',
        '${templatefile("../top.txt", {})}',
    ],
)
def test_a_template_that_reads_files_itself_is_not_fully_known(place: Place, template: str) -> None:
    app(place, CODE.format(reads='templatefile("${path.module}/t.tftpl", {})'), {"app/t.tftpl": template})
    assert unknown(place) == ("app/t.tftpl: a template that reads files",)


def test_a_text_that_is_rendered_as_a_template_is_not_fully_known(place: Place) -> None:
    app(place, CODE.format(reads="templatestring(local.path, {})"))
    (messages,) = unknown(place)
    assert messages.startswith("app/main.tf:2: templatestring(")


def test_each_commit_moves_the_inputs_that_are_not_fully_known(place: Place) -> None:
    app(place, CODE.format(reads="file(var.unset)"))
    before = place.inputs({})
    after = place.inputs({"top.txt": "moved"})
    assert {name for name in after if after[name] != before[name]} == {"app"}


def test_a_module_reads_by_what_it_is_called_with(place: Place) -> None:
    called = 'module "{}" {{\n  source = "../m"\n  path   = {}\n  where  = {{ a = "${{path.module}}/../top.txt" }}\n}}\n'
    app(
        place,
        called.format("one", '"${path.module}/../config/one.json"') + called.format("two", "local.paths.two"),
    )
    place.commit(
        {
            "m/main.tf": 'variable "path" {}\nvariable "where" {}\n' + CALL.format(source="./inner")
            + 'output "x" { value = "${file(var.path)}${file(var.where.a)}" }\n',
            "m/inner/main.tf": 'output "x" { value = file("${path.module}/../../values.yaml") }\n',
        }
    )  # fmt: skip
    assert unknown(place) == ()
    assert moving(place) == {"config/one.json", "config/two.json", "top.txt", "values.yaml"}


def test_a_module_that_is_called_with_what_nobody_knows_says_so(place: Place) -> None:
    app(place, 'module "m" {\n  source = "../m"\n  path   = terraform_data.x.output\n}\n')
    place.commit({"m/main.tf": 'variable "path" { default = "x" }\noutput "x" { value = file(var.path) }\n'})
    assert unknown(place) == ("m/main.tf:2: file(var.path)",)


def test_what_is_written_as_json_reads_as_well(place: Place) -> None:
    app(place, "")
    place.commit(
        {
            "app/main.tf.json": '{"locals": {"p": "${path.module}/../values.yaml"}, "resource": {"terraform_data":'
            ' {"x": {"input": "${file(local.p)}${file(\\"../top.txt\\")}"}}}, "output": {"y": {"value": "${file(\\"../config/one.json\\")}"}}}'
        }
    )
    assert unknown(place) == ()
    assert moving(place) == {"values.yaml", "top.txt", "config/one.json"}


def test_a_variable_of_the_operators_environment_is_not_known(place: Place) -> None:
    from dataclasses import replace

    engines = replace(place.settings.engines, env=("TF_VAR_path",))
    place.settings = replace(place.settings, engines=engines)
    app(place, CODE.format(reads="file(var.path)"))
    assert unknown(place) == ("app/main.tf:2: file(var.path)",)


def test_a_stack_that_reads_through_a_link_depends_on_where_that_leads(place: Place) -> None:
    app(place, CODE.format(reads='file("../link.txt")'))
    place.link("link.txt", "config/one.json")
    assert "config/one.json" in moving(place)


@pytest.mark.parametrize(
    "code",
    [
        'locals {\n  a = file("${path.module}/../' + "${" * 400 + "\n}\n",
        "locals {\n a = " + "file(" * 3000 + ")" * 3000 + "\n}\n",
        'locals {\n a = "\\u0000"\n b = file("../${local.a}\\u0000*/x")\n}\n',
        "variable x {\n default = { file( }\n}\n",
        'locals {\n a = file()\n b = fileset("x")\n c = format("%s", file)\n}\n',
        'module "m" {\n source = "../m"\n path = [for\n}\n',
    ],
    ids=range(6),
)
def test_odd_reads_are_the_matter_of_their_own_stack(place: Place, code: str) -> None:
    place.commit({"app/stack.yaml": "name: app\n", "app/main.tf": code, "sound/stack.yaml": "name: sound\n"})
    found = place.found()
    names = [stack.definition.name for stack in found.stacks]
    assert "sound" in names
    assert all(problem.stack == "app" for problem in found.problems)
