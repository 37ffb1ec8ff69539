"""Stacks: what is known of them, what happens next, and why."""

from dataclasses import replace

from runner.api.caller import Caller
from runner.api.operation import operation
from runner.api.recent import recent
from runner.api.stack_facts import reading_stack
from runner.model.access.role import Role
from runner.view.newcomer import NewcomerPage, newcomer_page
from runner.view.rules import RulesPage, rules_page
from runner.view.stack_page import StackPage, stack_page


@operation("GET", "/stacks/{stack}", Role.VIEWER)
def show_stack(caller: Caller, stack: str) -> StackPage:
    """Everything about a stack, including what happens next and why."""
    app, shortage = caller.app, caller.app.disk.shortage()

    def work() -> StackPage:
        with reading_stack(caller, shortage, stack) as (reader, facts):
            return stack_page(reader, app.settings, facts, app.installed if caller.daemon is None else None)

    return recent(caller, work, shortage, stack)


@operation("GET", "/newcomers/{stack}", Role.VIEWER)
def show_newcomer(caller: Caller, stack: str) -> NewcomerPage:
    """A stack that Git declares and that was never sound."""
    with caller.reading() as reader:
        return newcomer_page(reader, caller.app.settings, stack)


@operation("GET", "/rules/{stack}", Role.VIEWER)
def show_rules(caller: Caller, stack: str) -> RulesPage:
    """Which of the operator's rules reach a stack, and which decide."""
    with caller.reading() as reader:
        page = rules_page(reader, caller.app.settings, reader.stack(stack))
    if caller.access.unlimited:
        return page
    return replace(
        page, rules=tuple(rule for rule in page.rules if rule.applies)
    )  # others may name other stacks
