"""However a sensitive variable is declared, set and spoken of: its value is found nowhere that anybody reads.

`DRIFTLINE_SECRETS=500` tries so many combinations instead of a few.
"""

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repetitions import examples
from world import World

from runner.cli.main import main

CONFIG = "approvals: {author_may_approve: true}\n"
ENVIRONMENT = "TF_VAR_password"
# Terraform names the value in the error of the first, and in the plan of the second.
FAILS = 'resource "terraform_data" "it" {{\n  input = tonumber(nonsensitive({spoken}))\n}}\n'
SHOWS = 'output "it" {{\n  value = nonsensitive({spoken})\n}}\nresource "terraform_data" "k" {{\n  for_each = toset([nonsensitive({spoken})])\n}}\n'

DECLARED = {
    "plain": ("v.tf", 'variable "password" {\n  sensitive = true\n}\n'),
    "byte order mark": ("v.tf", '\ufeffvariable "password" {\n  sensitive = true\n}\n'),
    "one line, no quotes": ("v.tf", "variable password { sensitive = true }\n"),
    "an expression": ("v.tf", 'variable "password" {\n  sensitive = !(1 == 2) # so\n}\n'),
    "carriage returns": (
        "v.tf",
        'variable "password" {\r\n  type = string /* ; */\r\n  sensitive = true\r\n}\r\n',
    ),
    "an override": ("v_override.tf", 'variable "password" {\n  sensitive = true\n}\n'),
    "JSON objects": ("v.tf.json", '{"variable": {"password": {"sensitive": true}}}'),
    "JSON lists": ("v.tf.json", '[{"variable": [{"password": [{"sensitive": true}]}]}]'),
    "JSON escapes": ("v.tf.json", '{"variable": {"passw\\u006frd": {"\\u0073ensitive": true}}}'),
}
SPOKEN = {
    "as it is": "var.password",
    "in a sentence": '"the token ${var.password} is bad"',
    "base64": 'base64encode("user:${var.password}")',
    "base64 in base64": 'base64encode("{\\"a\\": \\"${base64encode("u:${var.password}")}\\"}")',
    "a URL": '"https://h.example.com/?t=${urlencode(var.password)}"',
    "JSON in JSON": "jsonencode(jsonencode({ p = var.password }))",
    "cut into lines": 'join("\\n", split("-", var.password))',
    "capitals": "upper(var.password)",
    "a list": 'join(" | ", [for c in split("", var.password) : c])',
}


@dataclass(frozen=True)
class Value:
    """Where a value is set, and how it is written there."""

    file: str
    text: str

    def files(self, value: str) -> dict[str, str]:
        half = len(value) // 2
        split = f"{value[:half]}${{{json.dumps(value[half:])}}}"
        escaped = "".join(f"\\u{ord(c):04x}" for c in value)
        text = self.text.replace("VALUE", value).replace("SPLIT", split).replace("ESCAPED", escaped)
        return {self.file: text} if self.file else {}


VALUES = {
    "var file": Value("terraform.tfvars", 'password = "VALUE"\n'),
    "var file with a byte order mark": Value("terraform.tfvars", '\ufeffpassword = "VALUE"'),
    "var file, odd spaces": Value("a.auto.tfvars", '\n\t password=/* x */((\n"VALUE"))// y\n'),
    "var file, template": Value("a.auto.tfvars", 'password = "SPLIT"\n'),
    "var file, escapes": Value("a.auto.tfvars", 'password = "ESCAPED"\n'),
    "var file, heredoc": Value("a.auto.tfvars", "password = <<-X\n    VALUE\n  X\n"),
    "var file, equal keys": Value("a.auto.tfvars", 'password = { k = "first", k = "VALUE" }.k\n'),
    "var file, condition": Value("a.auto.tfvars", 'password = 1 == 1 ? "VALUE" : "other"\n'),
    "var file, JSON": Value("a.auto.tfvars.json", '{"password": "VALUE"}'),
    "var file, JSON escapes": Value("terraform.tfvars.json", '{"p\\u0061ssword": "ESCAPED"}'),
    "var file, broken": Value("terraform.tfvars", 'password = "VALUE" x\n'),
    "var file, twice": Value("terraform.tfvars", 'password = "VALUE"\npassword = "VALUE"\n'),
    "var file, broken JSON": Value("terraform.tfvars.json", '{"password": "VALUE",}'),
    "environment": Value("", ""),
}


class Kept:
    """One installation, with a stack of its own for each try."""

    def __init__(self, root: Path) -> None:
        self.world = World(root, CONFIG, engines=f"  env: [{ENVIRONMENT}]\n")
        self.data = root / "data"
        self.names = (f"s{number}" for number in count())

    def says(self, *words: str) -> str:
        result = CliRunner().invoke(main, ["-c", str(self.world.config), *words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    def files(self) -> Iterator[tuple[Path, bytes]]:
        for path in self.data.rglob("*"):
            place = path.relative_to(self.data)
            if path.is_file() and place.parts[0] not in {"trees", "mirrors"}:
                yield place, path.read_bytes()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(tmp_path_factory.mktemp("forms"))


def recognised(canary: str) -> list[str]:
    """What would give it away, in small letters."""
    raw = canary.encode()
    base = [b64encode(bytes(shift) + raw).decode()[shift + 1 : -4] for shift in range(3)]
    return [form.lower() for form in (canary, canary.replace("-", "\n"), quote(canary), raw.hex(), *base)]


@settings(
    max_examples=int(os.environ.get("DRIFTLINE_SECRETS", examples(14))),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    declared=st.sampled_from(sorted(DECLARED)),
    value=st.sampled_from(sorted(VALUES)),
    spoken=st.sampled_from(sorted(SPOKEN)),
    leaks=st.sampled_from([FAILS, SHOWS]),
    canary=st.from_regex(r"[a-z]{4}[0-9]{2}-[a-z0-9]{6}-[A-Z]{4}[0-9]{3}", fullmatch=True),
)
def test_a_sensitive_value_is_found_nowhere(
    kept: Kept, declared: str, value: str, spoken: str, leaks: str, canary: str
) -> None:
    name = next(kept.names)
    file, code = DECLARED[declared]
    files: dict[str, str | None] = {
        f"{name}/stack.yaml": f"name: {name}\n",
        f"{name}/main.tf": leaks.format(spoken=SPOKEN[spoken]),
        f"{name}/{file}": code,
        **{f"{name}/{place}": text for place, text in VALUES[value].files(canary).items()},
    }
    if "override" in file:
        files[f"{name}/base.tf"] = 'variable "password" {\n  type = string\n}\n'
    with pytest.MonkeyPatch.context() as patch:
        if not VALUES[value].file:
            patch.setenv(ENVIRONMENT, canary)
        kept.world.commit_files(files)
        kept.says("source", "sync")
        said = [kept.says("plan", name)]
        run = json.loads(kept.says("run", "list", "--stack", name, "-o", "json"))[0]["id"]
        looks = [
            "run show RUN",
            "run diff RUN --full",
            "run show RUN -o json",
            "logs RUN",
            "status",
            "audit export",
        ]
        said += [kept.says(*look.replace("RUN", run).split()) for look in looks]
    leaked = [form for form in recognised(canary) if form in "".join(said).lower()]
    places = [
        str(place)
        for place, content in kept.files()
        if any(form.encode() in content.lower() for form in recognised(canary))
    ]
    assert (leaked, places) == ([], []), "".join(said)
