"""Whatever a file of code holds, it is the problem of its own stack, and the other stacks go on."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from discover_world import CALL, Place, messages, names

HCL = """\
terraform {
  required_version = ">= 1.5"
  backend "s3" {
    bucket = "b"
    key    = "k"
  }
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
  provider_meta "aws" {
    user_agent = ["it"]
  }
}
module "m" {
  source    = "../m"
  version   = "1.0"
  providers = { aws = aws.other }
}
provider "aws" {
  alias  = "other"
  region = "eu-west-1"
}
resource "terraform_data" "x" {
  input = 1
  provisioner "local-exec" {
    command = "true"
  }
}
removed {
  from = terraform_data.y
  lifecycle {
    destroy = false
  }
}
"""
AS_JSON: dict[str, Any] = {
    "terraform": {
        "required_version": ">= 1.5",
        "backend": {"s3": {"bucket": "b", "key": "k"}},
        "required_providers": {"aws": {"source": "hashicorp/aws"}},
    },
    "module": {"m": {"source": "../m", "version": "1.0", "providers": {"aws": "aws.other"}}},
    "provider": {"aws": [{"alias": "other", "region": "eu-west-1"}]},
    "resource": {"terraform_data": {"x": {"input": 1, "provisioner": [{"local-exec": {"command": "true"}}]}}},
    "removed": {"from": "terraform_data.y", "lifecycle": {"destroy": False}},
}
ODD = [
    "null",
    "true",
    "7",
    '""',
    "[]",
    "{}",
    "[null]",
    '{ a = "b" }',
    "var.x",
    '"${var.x}"',
    "<<E\nx\nE",
    "x(",
]
ODD_JSON: list[Any] = [None, True, 7, "", [], {}, [None], [[]], {"a": None}, "${var.x}", [{"a": 1}, 2]]


def odd_hcl() -> Iterator[str]:
    """Each value replaced by each odd one, and each block without its labels, as an attribute, and twice."""
    for found in re.finditer(r"= (.*)", HCL):
        for value in ODD:
            yield HCL[: found.start(1)] + value + HCL[found.end(1) :]
    for found in re.finditer(r"^ *(\w+)((?: \"\w+\")*) \{", HCL, re.MULTILINE):
        kind = found[1]
        for header in (f"{kind} {{", f'{kind} "a" "b" "c" {{', f"{kind} = {{", f"{kind} {{}}\n{kind} {{"):
            yield HCL[: found.start()] + header + HCL[found.end() :]


def odd_json(node: Any) -> Iterator[Any]:
    """The document with one of its nodes replaced by each odd value."""
    yield from ODD_JSON
    match node:
        case dict():
            for key, part in node.items():
                yield from ({**node, key: other} for other in odd_json(part))
        case list():
            for at, part in enumerate(node):
                yield from ([*node[:at], other, *node[at + 1 :]] for other in odd_json(part))


@pytest.mark.parametrize("form", ["main.tf", "main.tf.json"])
def test_no_odd_form_of_code_stops_another_stack(place: Place, form: str) -> None:
    odd = odd_hcl() if form == "main.tf" else map(json.dumps, odd_json(AS_JSON))
    files: dict[str, str | bytes | None] = {"m/it.tf": "", "good/stack.yaml": "name: good\n"}
    for number, text in enumerate(odd):
        files[f"odd-{number}/{form}"] = text
        files[f"odd-{number}/stack.yaml"] = f"name: odd-{number}\n"
    found = place.discovered(files)
    assert "good" in names(found)
    refused = {problem.stack for problem in found.problems}
    declared = {name.partition("/")[0] for name in files if name.endswith("/stack.yaml")}
    assert {*names(found), *refused} >= declared


@pytest.mark.parametrize("source", ["null", "7", "[]", "{}"])
def test_a_module_source_that_is_no_string_is_reported_with_its_file(place: Place, source: str) -> None:
    found = place.discovered(
        {
            "good/stack.yaml": "name: good\n",
            "bad/stack.yaml": "name: bad\n",
            "bad/main.tf": f'module "x" {{\n  source = {source}\n}}\n',
        }
    )
    assert names(found) == ["good"]
    [problem] = messages(found)
    assert problem.startswith("bad/main.tf:1:1:")
    assert "the source of module x is not a string" in problem


def test_a_comment_may_hold_bytes_that_are_not_utf_8_and_nothing_else_may(place: Place) -> None:
    latin = "# café\n/* é */ locals { a = 1 } // é\n".encode("latin-1")
    call = CALL.format(source="../m").encode()
    found = place.discovered(
        {
            "m/it.tf": "",
            "a/stack.yaml": "name: a\n",
            "a/main.tf": latin + call,
            "b/stack.yaml": "name: b\n",
            "b/main.tf": b'locals { a = "caf\xe9" }\n' + call,
        }
    )
    assert names(found) == ["a"]
    assert ["not UTF-8" in problem for problem in messages(found)] == [True]


def test_provider_meta_is_accepted_if_it_is_plain(place: Place) -> None:
    meta = 'terraform {{\n  provider_meta "aws" {{\n    user_agent = ["{agent}"]\n  }}\n}}\n'
    found = place.discovered(
        {
            "a/stack.yaml": "name: a\n",
            "a/main.tf": meta.format(agent="github.com/example/module"),
            "b/stack.yaml": "name: b\n",
            "b/main.tf": meta.format(agent="${var.x}"),
        }
    )
    assert names(found) == ["a"]
    assert ["provider_meta of aws in b is computed" in problem for problem in messages(found)] == [True]


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("Cloud%20Platform", True),
        ("Caf%C3%A9", True),
        ("a%2fb", False),
        ("%2e%2e", False),
        ("%61cme", False),
        ("100%25", False),
        ("%0a", False),
        ("%zz", False),
        ("%ff", False),
    ],
)
def test_a_module_address_may_quote_only_what_has_to_be_quoted(
    place: Place, path: str, *, taken: bool
) -> None:
    source = f"git::https://git.example.com/acme/{path}/_git/mods?ref=v1"
    found = place.discovered({"a/stack.yaml": "name: a\n", "a/main.tf": CALL.format(source=source)})
    assert bool(names(found)) is taken
