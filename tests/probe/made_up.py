"""Configurations that nobody would write, and their code."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

BEACON = "beacon"  # an object of the cloud that no configuration owns
Values = dict[str, Any]


class Fate(Enum):
    """What the plan is about to do with an object, if nothing else interferes."""

    KEEP = "keep"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    MOVE = "move"
    IMPORT = "import"
    FORGET = "forget"
    TAINTED = "tainted"
    DEPOSED = "deposed"
    CHANGED = "changed by hand"
    GONE = "deleted by hand"


UNKNOWN_TO_THE_STATE = {Fate.CREATE, Fate.IMPORT}
NOT_IN_THE_CODE = {Fate.DELETE, Fate.FORGET}


class Shape(Enum):
    """Of a resource, or of the call of the module: its keys in the code, in the state, and the argument."""

    ONE = ((None,), (None,), "")
    COUNT = ((0, 1), (0, 1), "count = 2")
    FEWER = ((0,), (0, 1), "count = 1")
    EACH = (("a", "b"), ("a", "b"), 'for_each = toset(["a", "b"])')
    OTHERS = (("a", "b"), ("b", "c"), 'for_each = toset(["a", "b"])')

    def __init__(self, keys: tuple[Any, ...], before: tuple[Any, ...], argument: str) -> None:
        self.keys = keys
        self.before = before
        self.argument = argument

    @property
    def suffix(self) -> str:
        """In a name of an object."""
        return {None: "", 0: "-${count.index}"}.get(self.keys[0], "-${each.key}")


def index(key: Any) -> str:
    return "" if key is None else f"[{json.dumps(key)}]"


def quoted(value: Any) -> str:
    """As HCL, which is JSON but for templates."""
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


@dataclass(frozen=True)
class Object:
    """A `resource` block, or what is left of one."""

    label: str
    type: str
    shape: Shape
    fate: Fate
    inside: bool  # of the module
    aliased: bool
    before: Values
    after: Values
    computed: tuple[str, ...]  # arguments that are expressions, as written in the code
    rules: tuple[str, ...]  # of its lifecycle
    outputs: tuple[str, ...]

    @property
    def in_code(self) -> bool:
        return self.fate not in NOT_IN_THE_CODE

    @property
    def name(self) -> str:
        """Of its block, and the end of its addresses."""
        return f"cloudfile_{self.type}.{self.label}"

    @property
    def first(self) -> str:
        return f"{self.name}{index(self.shape.keys[0])}"

    @property
    def label_before(self) -> str:
        return f"{self.label}_old" if self.fate is Fate.MOVE else self.label

    def cloud_name(self, prefix: str, key: Any) -> str:
        suffix = "" if key is None else f"-{key}"
        return f"{prefix}{self.label}{suffix}"


@dataclass(frozen=True)
class Configuration:
    objects: tuple[Object, ...]
    module: Shape
    module_aliased: bool
    passing: bool  # the other provider and an output of the module have an ephemeral value
    checks: tuple[str, ...]
    looked_up: bool  # a data source that is read while planning
    version: str  # an output
    version_before: str | None
    ephemeral: bool = True  # whether any value is; a check of such code is never replayed

    # The code

    def files(self) -> dict[str, str]:
        files = {"main.tf": "\n".join(self._root())}
        if self.has_module:
            files["part/main.tf"] = "\n".join(self._part())
        return files if self.ephemeral else {name: lasting(text) for name, text in files.items()}

    @property
    def has_module(self) -> bool:
        return any(one.inside for one in self.objects)

    def _root(self) -> Iterator[str]:
        yield REQUIRED
        yield ROOT.replace("TOKEN", "var.passing" if self.passing else '"fixed"')
        yield from self._blocks(inside=False)
        yield from self._imports()
        if self.has_module:
            providers = (
                "{ cloudfile = cloudfile.other }" if self.module_aliased else "{ cloudfile = cloudfile }"
            )
            prefix = {None: "m", 0: "m${count.index}"}.get(self.module.keys[0], "m${each.key}")
            yield "\n".join(
                [
                    'module "part" {',
                    '  source = "./part"',
                    f"  {self.module.argument}",
                    f"  providers = {providers}",
                    f'  prefix = "{prefix}"',
                    "  token = var.token",
                    "  passing = var.passing",
                    "}",
                    'output "part" {',
                    "  value = ephemeralasnull(module.part)",
                    "  sensitive = true",
                    "}",
                ]
            )
        if self.looked_up:
            yield f'data "cloudfile_lookup" "{BEACON}" {{ name = "{BEACON}" }}'
            yield f'output "{BEACON}" {{ value = data.cloudfile_lookup.{BEACON}.value }}'
        if self.version:
            yield f'output "version" {{ value = "{self.version}" }}'
        yield from (f'check "c{number}" {{\n{one}\n}}' for number, one in enumerate(self.checks))

    def _part(self) -> Iterator[str]:
        yield REQUIRED
        yield PART
        if self.passing:
            yield 'output "passing" {\n  value = var.passing\n  ephemeral = true\n}'
        yield from self._blocks(inside=True)

    def _blocks(self, *, inside: bool) -> Iterator[str]:
        earlier: Object | None = None
        for one in self.objects:
            if one.inside is not inside:
                continue
            if one.in_code:
                yield from self._resource(one, earlier)
                earlier = one
            if one.fate is Fate.MOVE:
                yield f"moved {{\n  from = cloudfile_{one.type}.{one.label_before}\n  to = {one.name}\n}}"
            if one.fate is Fate.FORGET:
                yield f"removed {{\n  from = {one.name}\n  lifecycle {{ destroy = false }}\n}}"

    def _resource(self, one: Object, earlier: Object | None) -> Iterator[str]:
        prefix = "${var.prefix}" if one.inside else ""
        reference = f"{earlier.first}.etag" if earlier else '"nothing"'
        arguments = {"name": f'"{prefix}{one.label}{one.shape.suffix}"'}
        arguments |= {key: quoted(value) for key, value in one.after.items()}
        for line in one.computed:
            key, _, expression = line.partition(" = ")
            arguments[key] = expression.replace("EARLIER", reference)
        yield f'resource "cloudfile_{one.type}" "{one.label}" {{'
        yield f"  {one.shape.argument}"
        if one.aliased and not one.inside:
            yield "  provider = cloudfile.other"
        yield from (f"  {key} = {value}" for key, value in arguments.items())
        rules = [rule.replace("EARLIER", earlier.name if earlier else "") for rule in one.rules]
        yield from ("  lifecycle {", *(f"    {rule}" for rule in rules if "[]" not in rule), "  }", "}")
        for number, output in enumerate(one.outputs):
            value = output.replace("SELF", one.name).replace("FIRST", one.first)
            yield f'output "{one.label}_{number}" {{\n  {value}\n}}'

    def _imports(self) -> Iterator[str]:
        for one in self.objects:
            if one.fate is Fate.IMPORT:
                for module, prefix in self.places(one):
                    for key in one.shape.keys:
                        to = f"{module}{one.name}{index(key)}"
                        yield f'import {{\n  to = {to}\n  id = "{one.cloud_name(prefix, key)}"\n}}'

    def places(self, one: Object, *, before: bool = False) -> Iterator[tuple[str, str]]:
        """Where its instances are, as the beginning of their addresses and of their names in the cloud."""
        if not one.inside:
            yield "", ""
            return
        for key in self.module.before if before else self.module.keys:
            yield f"module.part{index(key)}.", "m" if key is None else f"m{key}"

    def types(self) -> set[str]:
        return {one.type for one in self.objects if one.in_code}

    def types_before(self) -> set[str]:
        return {one.type for one in self.objects if one.fate not in UNKNOWN_TO_THE_STATE}


def lasting(text: str) -> str:
    """The same code, with values that may be in a state."""
    return text.replace("ephemeral = true", "").replace("ephemeralasnull(", "(")


REQUIRED = """\
terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}"""
ROOT = """\
variable "cloud" {}
variable "token" {
  default   = "none"
  sensitive = true
}
provider "cloudfile" {
  path  = var.cloud
  token = var.token
}
variable "passing" {
  default   = "none"
  ephemeral = true
}
provider "cloudfile" {
  alias = "other"
  path  = var.cloud
  token = TOKEN
}"""
PART = """\
variable "prefix" {}
variable "token" { sensitive = true }
variable "passing" { ephemeral = true }"""
