"""Bad files as data: beside each `NAME.yaml` is `NAME.expected`, the reported problems."""

from pathlib import Path

import pytest
import yaml

from runner.config import walk
from runner.config.server_file import check
from runner.config.stack_file import StackFileReader
from runner.model.settings.source import Allow

CORPUS = Path(__file__).parent / "corpus"
STACKS = sorted(CORPUS.glob("stack-*.yaml"))
SERVERS = sorted(CORPUS.glob("server-*.yaml"))
ALLOW = Allow(aws_roles=("arn:aws:iam::111122223333:role/driftline-*",))


def stack_lines(content: bytes) -> list[str]:
    stacks, problems = StackFileReader(required_approvals=2).read("stacks/rds/stack.yaml", content, ALLOW)
    lines = [f"{p.line}:{p.column}: {p.message}" + (f"  [{p.stack}]" if p.stack else "") for p in problems]
    return lines + [f"sound: {stack.name}" for stack in stacks]


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.stem)
def test_a_bad_stack_file_is_explained(file: Path) -> None:
    assert stack_lines(file.read_bytes()) == file.with_suffix(".expected").read_text().splitlines()


@pytest.mark.parametrize("file", SERVERS, ids=lambda file: file.stem)
def test_a_bad_server_configuration_is_explained(file: Path) -> None:
    _, problems = check(file, {"EMPTY": ""})
    lines = [f"{p.line}:{p.column}: {p.message}" for p in problems]
    assert lines == file.with_suffix(".expected").read_text().splitlines()


@pytest.mark.parametrize("file", SERVERS, ids=lambda file: file.stem)
def test_no_secret_of_the_corpus_is_shown(file: Path) -> None:
    assert "geheim" not in file.with_suffix(".expected").read_text()


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.stem)
def test_the_parser_in_python_finds_the_same_places(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = stack_lines(file.read_bytes())
    monkeypatch.setattr(walk, "LOADER", yaml.SafeLoader)
    slow = stack_lines(file.read_bytes())
    # the words about broken syntax are the parser's own
    assert [line.split(": ")[:1] for line in slow if "not valid YAML" not in line] == [
        line.split(": ")[:1] for line in quick if "not valid YAML" not in line
    ]
    assert len(slow) == len(quick)


def test_a_problem_reads_as_file_line_column() -> None:
    content = b"name: prod/rds\ndrift:\n  action: propse\n"
    _, (problem,) = StackFileReader().read("stacks/rds/stack.yaml", content, ALLOW)
    expected = 'drift.action: expected report, propose or reconcile, got "propse" (did you mean "propose"?)'
    assert str(problem) == f"stacks/rds/stack.yaml:3:11: {expected}"
