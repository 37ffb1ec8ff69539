"""The drift rules in force: the operator's and those of the stack file in Git, which need no apply."""

from typing import TYPE_CHECKING

from runner.model.changes.changes import ChangeSet
from runner.model.drift.ignored import IgnoredChange, ignored_changes
from runner.model.run.life import Kind, Run
from runner.model.settings.server import Settings
from runner.model.stack.definition import IgnoreRule, StackDefinition

if TYPE_CHECKING:
    from runner.ports.records.stacks import StackReader


def ignore_rules(settings: Settings, definition: StackDefinition) -> tuple[IgnoreRule, ...]:
    return (*settings.drift.ignore, *definition.drift.ignore)


def ignored_by_rule(
    settings: Settings, reader: "StackReader", run: Run, changes: ChangeSet
) -> tuple[IgnoredChange, ...]:
    """What the run's plan would change although a current rule ignores it."""
    if run.kind is not Kind.CHANGE:
        return ()
    rules = ignore_rules(settings, reader.stack(run.stack).definition)
    return ignored_changes(changes, rules, heals=run.report is not None)
