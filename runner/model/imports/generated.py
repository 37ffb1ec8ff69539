"""The configuration that `plan -generate-config-out` writes, made into one that its provider accepts.

Terraform writes every attribute that is not only computed: those without a value, and those that exclude each other.
https://developer.hashicorp.com/terraform/language/import/generating-configuration#limitations
"""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import groupby

from runner.model.changes.changes import Diagnostic
from runner.model.values.frozen import dataclass

_RESOURCE = re.compile(r'resource "([^"]+)" "([^"]+)" \{')
_ATTRIBUTE = re.compile(r"^(\s+)([A-Za-z_][A-Za-z0-9_-]*)\s+= (.*)$")
_HEREDOC = re.compile(r"<<-?([A-Za-z0-9_]+)\s*$")
_COMMENT = re.compile(r"^# __generated__.*\n|^# Please review these.*\n", re.MULTILINE)
_WORDS = re.compile(r"[a-z][a-z0-9_]+")
_HIDDEN = "null # sensitive"  # what terraform writes in place of a secret
NOTHING = frozenset({"null", "[]", "{}", '""', "0", "false"})


@dataclass(frozen=True)
class Fix:
    """An attribute that goes where its value is one of these; with none, whatever it is."""

    type: str  # a glob
    attribute: str
    values: frozenset[str]
    reason: str


FIXES = (
    Fix("*", "*", frozenset({"null"}), "it has no value"),
    Fix("*", "*", frozenset({_HIDDEN}), "it is a secret, which terraform does not write; set it by hand"),
    Fix("aws_*", "tags_all", frozenset(), "the provider works it out from tags and default_tags"),
    Fix("aws_*", "tags", frozenset({"{}"}), "there are no tags"),
    Fix("aws_*", "*_prefix", frozenset(), "it excludes the name, which is there"),
    Fix("aws_*", "region", frozenset(), "it is that of the provider"),
    Fix("aws_instance", "security_groups", frozenset(), "it excludes vpc_security_group_ids"),
    Fix("aws_subnet", "availability_zone_id", frozenset(), "it excludes availability_zone"),
    Fix("aws_ssm_parameter", "arn", frozenset(), "it is that of the parameter"),
    Fix("aws_lambda_function", "s3_*", frozenset(), "it is the source of the code, which is not known"),
)


@dataclass(frozen=True)
class Dropped:
    """An attribute that was taken out, and why."""

    address: str
    attribute: str
    reason: str

    def __str__(self) -> str:
        return f"{self.address}: {self.attribute} taken out, since {self.reason}"


@dataclass(frozen=True)
class Line:
    """An attribute with all its lines, or one line of anything else. `depth` is that of its indentation."""

    text: str
    address: str = ""
    attribute: str = ""
    value: str = ""
    depth: int = 0


def repaired(text: str) -> tuple[str, tuple[Dropped, ...]]:
    """Without what no provider needs; what has no value is not worth a word."""
    kept: list[str] = []
    dropped: list[Dropped] = []
    for line in _lines(_COMMENT.sub("", text)):
        fix = _fix(line)
        if fix is None:
            kept.append(line.text)
        elif line.value != "null":
            dropped.append(Dropped(line.address, line.attribute, fix.reason))
    return _tidied(kept), tuple(dropped)


def without(text: str, address: str, attributes: Iterable[str]) -> tuple[str, tuple[Dropped, ...]]:
    """Without these attributes, where they have no value to speak of: a provider has refused them."""
    names = frozenset(attributes)
    kept: list[str] = []
    dropped: list[Dropped] = []
    for line in _lines(text):
        if line.address == address and line.attribute in names and line.value in NOTHING:
            dropped.append(Dropped(address, line.attribute, "it is refused with this value"))
        else:
            kept.append(line.text)
    return _tidied(kept), tuple(dropped)


def refused(diagnostics: Iterable[Diagnostic]) -> dict[str, set[str]]:
    """The words of errors, by address: attributes are among them. Providers have no common form for these errors."""
    found: dict[str, set[str]] = {}
    for one in diagnostics:
        if one.severity == "error" and one.address:
            found.setdefault(one.address, set()).update(_WORDS.findall(f"{one.summary} {one.detail}"))
    return found


def addresses_in(text: str) -> tuple[str, ...]:
    return tuple(f"{kind}.{name}" for kind, name in _RESOURCE.findall(text))


def _fix(line: Line) -> Fix | None:
    """Nested attributes go only if they have no value."""
    if not line.attribute:
        return None
    kind = line.address.partition(".")[0]
    fixes = (one for one in FIXES if line.depth == 1 or one.type == "*")
    return next(
        (
            one
            for one in fixes
            if fnmatchcase(kind, one.type)
            and fnmatchcase(line.attribute, one.attribute)
            and (not one.values or line.value in one.values)
        ),
        None,
    )


def _lines(text: str) -> Iterator[Line]:
    """Terraform writes its own format: two blanks for each depth, and a value ends at the depth where it began."""
    rest = iter(text.splitlines(keepends=True))
    address = ""
    for line in rest:
        if resource := _RESOURCE.match(line):
            address = f"{resource[1]}.{resource[2]}"
        found = _ATTRIBUTE.match(line)
        if found is None:
            yield Line(line, address)
            continue
        whole = line + "".join(_continued(found[3], found[1], rest))
        yield Line(whole, address, found[2], found[3].strip() if whole == line else "", len(found[1]) // 2)


def _continued(value: str, indent: str, rest: Iterator[str]) -> Iterator[str]:
    if heredoc := _HEREDOC.search(value):
        for line in rest:
            yield line
            if line.strip() == heredoc[1]:
                return
    if not value.rstrip().endswith(("{", "[", "(")):
        return
    for line in rest:
        yield line
        if line.startswith((f"{indent}}}", f"{indent}]", f"{indent})")):
            return


def _tidied(lines: list[str]) -> str:
    """As `terraform fmt` would leave it: without empty lines at the begin and in a row, and aligned again."""
    aligned: list[str] = []
    for (indent, single), group in groupby(lines, _alignment):
        run = list(group)
        aligned += _padded(indent, run) if single else run
    return re.sub(r"\n{3,}", "\n\n", "".join(aligned)).strip("\n") + "\n"


def _alignment(line: str) -> tuple[str, bool]:
    """Attributes of one line that follow each other at the same depth have their values below each other."""
    found = _ATTRIBUTE.match(line)
    single = found is not None and line.count("\n") == 1
    return (found[1], True) if found and single else ("", False)


def _padded(indent: str, lines: list[str]) -> Iterator[str]:
    parts = [(found[2], found[3]) for line in lines if (found := _ATTRIBUTE.match(line))]
    width = max(len(name) for name, _ in parts)
    return (f"{indent}{name:<{width}} = {value}\n" for name, value in parts)
