"""A problem is reported with its location in the code, as far as that is known."""

import pytest
from discover_world import Place

LEAD = "# one\n\n"


@pytest.mark.parametrize(
    ("files", "place_told", "said"),
    [
        (
            {"a/main.tf": LEAD + 'resource "terraform_data" "x" {\n  provisioner "local-exec" {}\n}\n'},
            "a/main.tf:3:1: ",
            "terraform_data.x in a runs commands",
        ),
        (
            {
                "a/main.tf": 'module "m" {\n  source = "../m"\n}\n',
                "m/x.tf": LEAD + 'data "external" "x" {\n  program = ["sh"]\n}\n',
            },
            "m/x.tf:3:1: ",
            "data.external.x in m runs commands",
        ),
        (
            {
                "a/x.tf": 'removed {\n  from = terraform_data.x\n  provisioner "local-exec" {\n    command = "x"\n  }\n}\n'
            },
            "a/x.tf:2:1: ",
            "removed terraform_data.x in a runs commands",
        ),
        ({"a/main.tf": "", "a/x.tf": 'module "m" {{{\n'}, "a/x.tf:1:1: ", "cannot be read as HCL"),
        ({"a/main.tf": LEAD + 'module "m" {{{\n'}, "a/main.tf:3:1: ", "cannot be read as HCL"),
        ({"a/x.tf": LEAD.encode() + b'module "\xff" {}\n'}, "a/x.tf:3:1: ", "it is not UTF-8"),
        ({"a/x.tf.json": '{\n"module": {\n,}}'}, "a/x.tf.json:3:1: ", "cannot be read as HCL"),
        (
            {"a/main.tf": LEAD + 'terraform {\n  backend "pg" {}\n}\n'},
            "a/main.tf:4:1: ",
            'backend "pg" is not among allow.backends',
        ),
        (
            {"a/main.tf": LEAD + 'terraform {\n  provider_meta "aws" {\n    agent = var.agent\n  }\n}\n'},
            "a/main.tf:4:1: ",
            "provider_meta of aws in a",
        ),
        (
            {"a/main.tf": "", "a/.terraform/environment": "x"},
            "a/.terraform:1:1: ",
            "may not be in the repository",
        ),
        (
            {
                "a/main.tf.json": '{"resource": {"terraform_data": {"x": {"provisioner": [{"local-exec": {}}]}}}}'
            },
            "a/stack.yaml:1:1: ",
            "terraform_data.x in a runs commands",
        ),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else "",
)
def test_a_problem_in_the_code_is_reported_with_its_file_and_line(
    place: Place, files: dict[str, str | bytes | None], place_told: str, said: str
) -> None:
    found = place.discovered({"a/stack.yaml": "name: a\n", **files})
    assert [problem.stack for problem in found.problems] == ["a"] * len(found.problems)
    assert any(str(problem).startswith(place_told) and said in str(problem) for problem in found.problems), (
        found.problems
    )


def test_a_provider_problem_is_located_where_it_is_required_or_used(place: Place) -> None:
    place.allow(providers=("registry.terraform.io/hashicorp/aws",))
    required = 'terraform {\n  required_providers {\n    x = { source = "evil/x" }\n  }\n}\n'
    found = place.discovered(
        {
            "a/stack.yaml": "name: a\n",
            "a/main.tf": required,
            "b/stack.yaml": "name: b\n",
            "b/main.tf": LEAD + 'resource "null_resource" "y" {\n}\n',
        }
    )
    assert [(problem.file, problem.line) for problem in found.problems] == [
        ("a/main.tf", 3),
        ("b/main.tf", 3),
    ]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("name: a\npath: .\ndepends_on: [b, gone]\n", "3:17"),
        ("name: a\ndepends_on:\n  - b\n  - gone\n", "4:5"),
        ('depends_on: ["gone"]\nname: a\n', "1:15"),
        ("name: c\ndepends_on: [b]\n---\nname: a\ndepends_on: [gone-by, gone]\n", "5:14"),
        ("{name: a, depends_on: [gone]}\n", "1:1"),
    ],
)
def test_an_unknown_dependency_is_located_where_it_is_named(place: Place, text: str, where: str) -> None:
    found = place.discovered({"x/stack.yaml": text, "x/main.tf": "", "b/stack.yaml": "name: b\n"})
    messages = [str(problem) for problem in found.problems if problem.stack == "a"]
    assert any(one.startswith(f"x/stack.yaml:{where}: ") and "no such stack" in one for one in messages), (
        messages
    )
