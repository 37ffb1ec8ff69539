"""Steps of a workflow: those that Driftline takes itself, with their options, and commands, for which it has no place."""

from collections.abc import Mapping

from runner.adopt.arguments import with_arguments, with_variable
from runner.adopt.node import Node
from runner.adopt.reading import Partless, Reading, Without
from runner.model.adopt.layout import Layout
from runner.model.adopt.project import Project

HOOK = Without(
    "Driftline runs no commands around a plan",
    "generate files in CI and commit them; checks in the configuration runs scanners on every plan",
)
_BUILT_IN = frozenset({"init", "plan", "apply"})


def with_step(
    project: Project,
    reading: Reading,
    step: Node,
    names: Mapping[str, str],
    layout: Layout,
    partless: Partless,
) -> Project:
    """`partless` explains the steps that have no counterpart; the others run commands."""
    if step.text in _BUILT_IN:
        reading.keep(step, "a step that Driftline takes itself")
    elif step.text is not None:
        reading.note(step, *partless.get(step.text, HOOK))
    for name, value in step.items.items():
        if name in _BUILT_IN:
            given = value.items.get("extra_args")
            project = with_arguments(
                project, reading, given.parts if given is not None else (), names, layout
            )
        elif name == "env":
            project = _with_env(project, reading, value, names)
        else:
            reading.note(value, *partless.get(name, HOOK))
    return project


def _with_env(project: Project, reading: Reading, node: Node, names: Mapping[str, str]) -> Project:
    variable, value, command = (node.items.get(key) for key in ("name", "value", "command"))
    if command is not None:
        reading.note(command, *HOOK)
    if variable is None or not variable.text or value is None:
        return project
    reading.keep(variable, "the name of the variable")
    return with_variable(project, reading, variable.text, value, names)
