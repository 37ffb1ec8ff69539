import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from runner.config import descriptions, limits
from runner.config.document import read_carefully
from runner.config.example import example, stack_example
from runner.config.schema import json_schema
from runner.config.server_file import load
from runner.config.shape import Kind, shape_of
from runner.config.stack_file import StackFileReader
from runner.model.settings.server import Settings
from runner.model.settings.source import Allow, SourceSettings
from runner.model.stack.definition import StackDefinition

COMMITTED = Path(__file__).parents[2] / "config.example.yaml"
ROLES = Allow(aws_roles=("arn:aws:iam::111122223333:role/driftline-*",))
KINDS: list[tuple[Any, type, Any]] = [
    ("server", Settings, descriptions.SERVER),
    ("stack", StackDefinition, descriptions.STACK),
]


def taken_in(text: str) -> str:
    """The example with every key that was left out."""
    return re.sub(r"(?m)^( *)#(?! \S|$)", r"\1", text)


def general(data: Any, name: str = "") -> set[str]:
    """The general names of all keys in plain data."""
    if isinstance(data, list):
        return {found for item in data for found in general(item, name + "[]")}
    if not isinstance(data, dict):
        return set()
    found = set()
    for key, value in data.items():
        inner = f"{name}.{key}" if name else key
        found |= {inner} | general(value, inner)
    return found


def test_the_committed_example_is_the_generated_one() -> None:
    assert COMMITTED.read_text() == example()


def test_the_example_loads_and_holds_nothing_but_defaults() -> None:
    source = SourceSettings(name="infra", url="https://git.example.com/acme/infra.git")
    assert load(COMMITTED) == Settings(data_dir=Path("/var/lib/driftline"), sources=(source,))


def test_the_example_shows_every_key() -> None:
    text = example()
    for _ in range(2):  # a list in a list is commented out within a comment
        text = taken_in(re.sub(r"(?m)^( *)(\w+): (?:\[\]|null)\n(?=\1#  )", r"\1\2:\n", text))
    (document,) = read_carefully(text.encode())
    assert not document.flaws
    keys = dict(shape_of(Settings).walk())
    free = {name for name, key in keys.items() if key.shape.kind is Kind.TABLE}
    assert {name for name in general(document.data) if name.rpartition(".")[0] not in free} == keys.keys()


def test_the_example_takes_what_init_asks_for(tmp_path: Path) -> None:
    path = tmp_path / "driftline.yaml"
    path.write_text(example(data_dir="./data: x", url="/srv/repo.git"))
    settings = load(path)
    assert settings.data_dir == tmp_path / "data: x"
    assert settings.sources[0].url == "/srv/repo.git"


def test_the_first_stack_file_is_as_short_as_it_can_be() -> None:
    (stack,), problems = StackFileReader().read("stack.yaml", stack_example("prod/vpc").encode(), Allow())
    assert not problems
    assert stack == StackDefinition(name="prod/vpc")


def test_every_key_of_the_first_stack_file_can_be_taken_in() -> None:
    text = taken_in(stack_example())
    (stack,), problems = StackFileReader().read("stack.yaml", text.encode(), ROLES)
    assert not problems
    assert stack.drift.ignore
    (document,) = read_carefully(text.encode())
    names = {
        name for name in general(document.data) if name.partition(".")[0] not in {"vars", "env", "labels"}
    }
    known = {name for name, _ in shape_of(StackDefinition).walk()}
    assert known - {"vars", "env", "labels"} <= names


@pytest.mark.parametrize(("_kind", "record", "sentences"), KINDS)
def test_every_key_has_its_sentence_and_every_sentence_its_key(
    _kind: str, record: type, sentences: Any
) -> None:
    assert set(sentences) == {name for name, _ in shape_of(record).walk()}


@pytest.mark.parametrize(("_kind", "record", "_sentences"), KINDS)
def test_every_limit_and_sample_has_its_key(_kind: str, record: type, _sentences: Any) -> None:
    known = {name: key.shape.kind for name, key in shape_of(record).walk()}
    bounded = limits.OF_STACK if record is StackDefinition else limits.OF_SERVER
    assert all(known[name] in {Kind.NUMBER, Kind.SPAN} for name in bounded)
    assert set(bounded) == {name for name, kind in known.items() if kind in {Kind.NUMBER, Kind.SPAN}}


def test_every_sample_has_its_key() -> None:
    known = {name for _, record, _ in KINDS for name, _ in shape_of(record).walk()}
    assert set(descriptions.SAMPLES) <= known


def paths(schema: dict[str, Any], name: str = "") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for key, inner in schema.get("properties", {}).items():
        here = f"{name}.{key}" if name else key
        found |= {here: inner}
        for one in inner.get("anyOf", [inner]):
            found |= paths(one, here)
        items = inner.get("items") or {}
        for one in items.get("anyOf", [items]):
            found |= paths(one, here + "[]")
    return found


@pytest.mark.parametrize(("kind", "_record", "sentences"), KINDS)
def test_the_json_schema_describes_every_key(kind: Any, _record: type, sentences: Any) -> None:
    described = {name: schema["description"] for name, schema in paths(json_schema(kind)).items()}
    assert described == dict(sentences)
    json.dumps(json_schema(kind))


@pytest.mark.parametrize(("kind", "record", "_sentences"), KINDS)
def test_the_json_schema_says_what_pydantic_would_say(kind: Any, record: type, _sentences: Any) -> None:
    theirs = TypeAdapter(record).json_schema(mode="validation")
    ours = json_schema(kind)
    assert set(ours["properties"]) == set(theirs["properties"])
    assert ours.get("required") == theirs.get("required")
    assert ours["additionalProperties"] is theirs["additionalProperties"] is False


def test_the_json_schema_knows_limits_choices_and_defaults() -> None:
    stack = paths(json_schema("stack"))
    assert stack["parallelism"]["maximum"] == 256
    assert stack["parallelism"]["default"] == 10
    assert stack["apply.mode"]["enum"] == ["never", "approved", "automatic"]
    server = paths(json_schema("server"))
    assert server["executor.slots"]["anyOf"][1] == {"enum": ["auto"]}
    assert server["retention.runs"]["default"] == "180d"
    assert "default" not in server["sources[].auth.token"]
