"""Record how a stack was declared, so that a commit is also judged by the rules that it changes."""

from runner.model.approval.lineage import same_place, unchanged
from runner.model.approval.terms import declaration_of
from runner.model.stack.definition import Discovered
from runner.ports.records.declarations import DeclarationWriter


def declare(writer: DeclarationWriter, stack: Discovered) -> None:
    """Record the current declaration in Git. A new or moved stack also inherits from those it replaces."""
    name = stack.definition.name
    new = declaration_of(stack)
    known = [one for one, _ in writer.declarations(name)]
    last = known[-1] if known else None
    if last is not None and unchanged(last, new):
        if last.definition != new.definition or last.file != new.file:
            writer.renew_declaration(last, new)
        return
    if last is None or not same_place(last, new):
        for one in writer.kin(name, new):
            writer.add_declaration(name, one)
    writer.add_declaration(name, new)
