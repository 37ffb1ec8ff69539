"""Whatever a file says is carried over or reported, whichever keys it has and whatever their values are."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runner.adopt.definitions import stacks_of
from runner.adopt.formats import atlantis, digger, listed, terrateam
from runner.adopt.formats.table import BY_NAME
from runner.adopt.node import read_nodes
from runner.adopt.reading import Reading
from runner.adopt.text import stack_file
from runner.config.place import KeyPath, dotted
from runner.model.adopt.layout import CodeFolder, Layout
from runner.model.code.module import Backend, ModuleFacts

LAYOUT = Layout(
    files={".": frozenset(), "a": frozenset({"main.tf", "x.tfvars"})},
    code={"a": CodeFolder("a", ModuleFacts(backend=Backend("s3", {"bucket": "b", "key": "a"})))},
)
WORDS = {
    "atlantis": {
        *atlantis.TOP, *atlantis.PROJECT, *atlantis.REPO, *atlantis.STEPS,
        "projects", "workflows", "autodiscover", "repos", "id", "version", "dir", "name", "workspace", "workflow",
        "autoplan", "when_modified", "enabled", "mode", "ignore_paths", "depends_on", "plan", "apply", "init", "env",
        "steps", "extra_args", "value", "command", "terraform_version", "terraform_distribution", "apply_requirements",
        "glob_file_match", "default", "unheard",
    },
    "digger": {
        *digger.TOP, *digger.PROJECT, *digger.BLOCK, *digger.WORKFLOW,
        "projects", "generate_projects", "blocks", "include", "exclude", "include_patterns", "root_dir", "workflows",
        "dir", "name", "workspace", "workflow", "opentofu", "drift_detection", "aws_role_to_assume", "state", "command",
        "aws_role_region", "env_vars", "commands", "value", "value_from", "plan", "apply", "steps", "init",
        "extra_args", "apply_requirements", "depends_on", "default", "unheard",
    },
    "terrateam": {
        *terrateam.TOP, *terrateam.WORKFLOW, *terrateam.WHEN, *terrateam.CHECKS,
        "dirs", "a", "**", "workspaces", "stacks", "tags", "when_modified", "file_patterns", "autoplan", "version",
        "default_tf_version", "engine", "name", "workflows", "tag_query", "plan", "apply", "type", "extra_args", "env",
        "drift", "schedules", "schedule", "reconcile", "window", "apply_requirements", "checks", "approved", "count",
        "any_of", "any_of_count", "terraform_version", "unheard",
    },
    "list": {*listed.LISTS, *listed.FOLDER, *listed.VERSION, *listed.VAR_FILES, *listed.SCHEDULE, "name", "unheard"},
}  # fmt: skip
SCALARS = st.one_of(
    st.sampled_from(
        ["a", ".", "..", "*", "default", "prod", "approved", "-var-file=x.tfvars", "-var", "k=v", "$X", ""]
    ),
    st.booleans(),
    st.integers(-1, 9),
    st.none(),
)


def values(words: set[str]) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(sorted(words))
    return st.recursive(
        SCALARS,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=5)),
        max_leaves=25,
    )


DOCUMENTS = st.sampled_from(sorted(WORDS)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.dictionaries(st.sampled_from(sorted(WORDS[name])), values(WORDS[name]), min_size=1, max_size=6),
    )
)


def leaves(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not parts:
        yield path
    for key, part in list(parts):
        yield from leaves(part, (*path, key))


def read(name: str, text: str) -> tuple[Reading, str]:
    (node,) = read_nodes("tool.yaml", text.encode())
    reading = Reading("tool.yaml", node)
    made = stacks_of(BY_NAME[name].read([reading], LAYOUT), LAYOUT)
    reading.finish()
    return reading, stack_file(made.stacks, "a test") + "".join(note.why for note in made.notes)


@given(DOCUMENTS)
def test_every_leaf_is_carried_over_or_reported(document: tuple[str, dict[str, Any]]) -> None:
    name, data = document
    reading, _ = read(name, yaml.safe_dump(data, sort_keys=False))
    told = [note.key for note in reading.notes]
    kept = {one.key for one in reading.kept}
    for path in leaves(data):
        around = {dotted(path[:length]) for length in range(1, len(path) + 1)}
        assert dotted(path) in kept or around & set(told), dotted(path)


FULL = {
    "terrateam": """\
engine: {name: tofu, version: 1.9.5}
dirs:
  a:
    tags: [its-tag]
    workspaces: {its-space: {tags: ["team:its-team"]}}
    when_modified: {file_patterns: ["its-glob/*.tf"]}
workflows:
- tag_query: its-tag and team:its-team
  plan: [{type: init}, {type: plan, extra_args: [-var-file=x.tfvars, "-var=its_var=1"], env: {ITS_NAME: its-value}}]
drift: {enabled: true, schedules: {its: {tag_query: "", schedule: weekly}}}
apply_requirements: {checks: [{tag_query: dir:a, approved: {enabled: true, count: 2}}]}
""",
    "list": """\
directories:
- {dir: a, name: its-name, workspace: its-space, terraform_version: 1.9.5, var_files: [x.tfvars]}
schedule: 0 6 * * mon
""",
    "atlantis": """\
version: 3
projects:
- name: its-name
  dir: a
  workspace: its-space
  terraform_version: 1.9.5
  terraform_distribution: opentofu
  workflow: flow
  autoplan: {when_modified: ["../its-glob/*.tf", "*.tf"]}
  apply_requirements: [approved]
workflows:
  flow:
    plan:
      steps:
      - env: {name: ITS_NAME, value: its-value}
      - plan: {extra_args: [-var-file, x.tfvars, -var, "its_var=1", -backend-config=key=its-key, -parallelism=7]}
    apply: {steps: [apply]}
""",
    "digger": """\
projects:
- name: its-name
  dir: a
  workspace: its-space
  opentofu: true
  workflow: flow
  include_patterns: ["./its-glob/*.tf"]
  aws_role_to_assume:
    aws_role_region: eu-west-1
    command: arn:aws:iam::111122223333:role/its-role
    state: arn:aws:iam::111122223333:role/its-role
  drift_detection: true
workflows:
  flow:
    plan:
      steps:
      - init: {extra_args: [-backend-config=key=its-key]}
      - plan: {extra_args: [-var-file=x.tfvars, "-var=its_var=1", -parallelism=7]}
    env_vars:
      commands: [{name: ITS_NAME, value: its-value}]
""",
}


# What stands in the stack file where it is not the value itself.
ELSEWHERE = {
    "terraform_distribution": "engine: tofu",
    "opentofu": "engine: tofu",
    "dir": "",
    "team:its-team": "team: its-team",
    "enabled": "approvals: 2",
    "schedule": "drift: {schedule: ",
    "workflow": "",
    "-var-file": "var_files",
    "-var": "vars",
}


@pytest.mark.parametrize("name", sorted(FULL))
def test_a_value_that_is_said_to_be_in_the_stack_file_stands_there(name: str) -> None:
    reading, text = read(name, FULL[name])
    values = {dotted(path): str(value) for path, value in _scalars(yaml.safe_load(FULL[name]))}
    said = {one.key: values[one.key] for one in reading.kept if one.became.endswith("in the stack file")}
    assert reading.notes == []
    assert len(said) >= 4
    for key, value in said.items():
        last = key.rpartition(".")[2]
        written = ELSEWHERE.get(last, ELSEWHERE.get(value, value.removeprefix("./").rpartition("=")[2]))
        assert written in text, key


def _scalars(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    for leaf in leaves(value, path):
        inner = value
        for part in leaf:
            inner = inner[part]
        yield leaf, inner
