"""What a stack file says reaches the engine as it stands there: no engine finds anything in it to evaluate."""

import json
import unicodedata
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from engine_world import World, needs_terraform, state_of, terraform
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.engine.initialised.backend_file import backend_file
from runner.hcl.literal import expression
from runner.model.stack.definition import StackDefinition

MARKS = ["${", "%{", "$${", "%%{", "$", "%", "{", "}", '"', "\\", "\n", "\r", "\t", "\x7f", "é", "\U0001f600"]
TRICKY = (
    "odd ${x} %{y}", '${".."}', "$${x}", "$$${x}", "%%{x}", "%%%{if true}", "$%{x}", "%${x}", "${~ 1 ~}", "ends $",
    "ends $$", '"quoted"', "back\\slash", "two\nlines", "cr\r\n", "\ttab", "\\u0024{x}", "<<EOT\nx\nEOT", "# no", "",
)  # fmt: skip
TEXTS = (
    st.lists(st.sampled_from(MARKS) | st.text(max_size=3), max_size=8)
    .map("".join)
    .filter(lambda text: not any(0xD800 <= ord(one) < 0xE000 for one in text))
)
VALUES = st.recursive(
    TEXTS
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.integers(-9999, 9999).map(lambda number: number / 100),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def kept(value: Any) -> Any:
    """As every engine keeps it: texts in their composed form."""
    return json.loads(unicodedata.normalize("NFC", json.dumps(value, ensure_ascii=False)))


def evaluated(folder: Path, values: list[Any]) -> list[Any]:
    """What terraform takes them for where it evaluates all that can be: an output, with functions and variables at hand."""
    outputs = "".join(
        f'output "v{at}" {{\n  value = {expression(one)}\n}}\n' for at, one in enumerate(values)
    )
    (folder / "main.tf").write_text('variable "x" {\n  default = "EVALUATED"\n}\n' + outputs)
    plan = terraform("plan", "-out=p", "-input=false", cwd=folder)
    assert plan.returncode == 0, plan.stderr
    shown = json.loads(terraform("show", "-json", "p", cwd=folder).stdout)["planned_values"]["outputs"]
    return [shown[f"v{at}"]["value"] for at in range(len(values))]


@needs_terraform
def test_every_tricky_text_means_itself_to_an_engine_that_evaluates_it(tmp_path: Path) -> None:
    assert evaluated(tmp_path, [*TRICKY, "${var.x}"]) == [*TRICKY, "${var.x}"]


@needs_terraform
@settings(max_examples=6)
@given(values=st.lists(VALUES, min_size=20, max_size=60))
def test_any_value_means_itself_to_an_engine_that_evaluates_it(
    values: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert evaluated(tmp_path_factory.mktemp("values"), values) == kept(values)


@needs_terraform
@settings(max_examples=6)
@given(values=st.lists(VALUES, min_size=20, max_size=60))
def test_any_value_of_vars_is_what_terraform_gets(
    values: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = World(tmp_path_factory.mktemp("vars") / "data")
    world.write({"main.tf": 'variable "v" {\n  type = any\n}\noutput "v" {\n  value = var.v\n}\n'})
    world.stack = StackDefinition(name="prod/app", vars={"v": values})
    document = world.planned().document
    assert document is not None
    outputs = json.loads(json.dumps(document["planned_values"]["outputs"], default=float))
    assert outputs["v"]["value"] == kept(values)


@pytest.mark.repeats
@needs_terraform
@pytest.mark.parametrize("name", [text for text in TRICKY if text and "\x7f" not in text])
def test_a_state_lies_exactly_where_backend_config_says(tmp_path: Path, name: str) -> None:
    world = World(tmp_path / "data", managed=False)
    world.write(
        {"main.tf": 'terraform {\n  backend "local" {}\n}\nresource "terraform_data" "a" {\n  input = 1\n}\n'}
    )
    place = world.outside / f"odd {name.replace('/', '|')}.tfstate"
    world.stack = StackDefinition(name="prod/app", backend_config={"path": str(place)})
    world.applied(world.planned())
    assert len(state_of(place)["resources"]) == 1
    assert [file.name for file in world.outside.iterdir() if not file.name.endswith(".backup")] == [
        place.name
    ]


class NoState(BaseHTTPRequestHandler):
    """Has no state yet."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), NoState) as listening:
        Thread(target=listening.serve_forever).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


@needs_terraform
def test_numbers_and_switches_of_a_backend_are_noted_as_they_are(tmp_path: Path, server: str) -> None:
    wanted = {
        "address": f"{server}/%7B",
        "username": "${x}",
        "retry_max": 7,
        "skip_cert_verification": True,
    }
    (tmp_path / "main.tf").write_text('terraform {\n  backend "http" {}\n}\n')
    file = tmp_path / "b.tfbackend"
    file.write_text(backend_file("http", wanted))
    done = terraform("init", "-input=false", f"-backend-config={file}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    noted = json.loads((tmp_path / ".terraform/terraform.tfstate").read_text())["backend"]["config"]
    assert {name: noted[name] for name in wanted} == wanted


def test_a_mapping_is_a_block_where_the_backend_wants_one() -> None:
    settings_ = {"hostname": "h", "workspaces": {"name": "${x}"}}
    assert backend_file("remote", settings_) == 'hostname = "h"\nworkspaces {\n  name = "$${x}"\n}\n'
    assert backend_file("s3", {"endpoints": {"s3": "e"}}) == 'endpoints = { "s3" = "e" }\n'
    assert backend_file("s3", {"assume_role": {"role_arn": "r"}}) == 'assume_role = { "role_arn" = "r" }\n'
    assert backend_file("cos", {"assume_role": [{"a": 1}, {"a": 2}]}).count("assume_role {") == 2
