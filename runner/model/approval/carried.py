"""Whether a review of a pull request counts for the plan of its merge, and what differs if it does not."""

from dataclasses import dataclass, replace

from runner.model.approval.binding import Binding, EngineFacts, moved

_LOCK_OPTIONS = ("-lock=", "-lock-timeout=")


@dataclass(frozen=True)
class Carried:
    """What became of the reviews of a preview: who counts for the run, and why the others do not.

    `differences` are of the plan as a whole, so that nobody counts.
    """

    run: int
    preview: int
    pull: str  # such as `infra#7`
    counted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()  # such as `ana: the author or committer of a change may not approve it`
    differences: tuple[str, ...] = ()


def differences(reviewed: Binding, merged: Binding) -> tuple[str, ...]:
    """What a plan of the merge does, or is bound to, that the reviewed one does not; the revision itself does not count.

    A squash, a rebase and a merge commit have different revisions of the same files, and files that no plan of the
    stack depends on may have changed as well: the digest of the inputs covers those that it does.
    """
    as_merged = replace(
        reviewed,
        revision=merged.revision,
        tree=merged.tree,
        kind=merged.kind,
        facts=_without_lock(reviewed.facts),
    )
    return moved(as_merged, replace(merged, facts=_without_lock(merged.facts)))


def _without_lock(facts: EngineFacts) -> EngineFacts:
    """A preview takes no lock on the state, which has no part in what is planned."""
    return replace(facts, argv=tuple(one for one in facts.argv if not one.startswith(_LOCK_OPTIONS)))
