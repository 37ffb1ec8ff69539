"""Whether a review of a pull request counts for the plan of its merge, and what differs if it does not."""

from dataclasses import replace

from runner.model.approval.binding import Binding, EngineFacts, moved
from runner.model.changes.changes import ChangeSet
from runner.model.values.frozen import dataclass

OTHER_FILES = "the files, as the branch did not get exactly what the reviewed request changes"
EXTERNAL = "external"  # the type of the data source that runs a program
_LOCK_OPTIONS = ("-lock=", "-lock-timeout=")


@dataclass(frozen=True)
class Carried:
    """What became of the reviews of a preview: who counts for the run, and why the others do not.

    `differences` are of the plan as a whole, so that nobody counts. `asked` says why nobody counts without any.
    """

    run: int
    preview: int
    pull: str  # such as `infra#7`
    counted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()  # such as `ana: the author or committer of a change may not approve it`
    differences: tuple[str, ...] = ()
    asked: str = ""


def differences(reviewed: Binding, merged: Binding, changes: ChangeSet) -> tuple[str, ...]:
    """What a plan of the merge does, or is bound to, that the reviewed one does not; the revision itself does not count.

    A squash, a rebase and a merge commit have different revisions of the same files, and files that no plan of the
    stack depends on may have changed as well: the digest of the inputs covers those that it does. But a command that the
    apply runs may read any file.
    """
    tree = reviewed.tree if runs_commands(changes) else merged.tree
    as_merged = replace(
        reviewed,
        revision=merged.revision,
        tree=tree,
        kind=merged.kind,
        facts=_without_lock(reviewed.facts),
    )
    return moved(as_merged, replace(merged, facts=_without_lock(merged.facts)))


def runs_commands(changes: ChangeSet) -> bool:
    """Whether the apply of these changes starts programs: provisioners, actions, or data sources that are read only then."""
    programs = (one for one in changes.resources if one.data and one.type == EXTERNAL)
    return bool(changes.provisioners or changes.actions) or any(programs)


def _without_lock(facts: EngineFacts) -> EngineFacts:
    """A preview takes no lock on the state, which has no part in what is planned."""
    return replace(facts, argv=tuple(one for one in facts.argv if not one.startswith(_LOCK_OPTIONS)))
