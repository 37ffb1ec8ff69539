"""What must be equal for a review to count after the merge: everything that an approval is bound to, but the revision."""

from dataclasses import replace
from typing import Any

import pytest
from bindings import BINDING, FACTS, MAY_MOVE, mutations

from runner.model.approval.carried import differences
from runner.model.changes.changes import ChangeSet
from runner.model.run.life import Kind

REVIEWED = replace(BINDING, kind=Kind.PREVIEW, revision="9" * 40, tree="8" * 40)
OF_THE_COMMIT = {"revision", "tree", "kind"}


def test_another_commit_with_the_same_content_is_what_was_reviewed() -> None:
    assert differences(REVIEWED, BINDING, ChangeSet()) == ()


@pytest.mark.parametrize(
    ("field", "merged"),
    [
        (name, changed)
        for name, changed in mutations()
        if not {name, name.split(".")[0]} & (MAY_MOVE | OF_THE_COMMIT)
    ],
)
def test_anything_else_that_differs_voids_the_review(field: str, merged: Any) -> None:
    assert differences(REVIEWED, merged, ChangeSet()), field


def test_the_lock_of_the_state_is_no_part_of_what_was_reviewed() -> None:
    argv = (*FACTS.argv, "-lock=false")
    preview = replace(REVIEWED, facts=replace(FACTS, argv=argv))
    merged = replace(BINDING, facts=replace(FACTS, argv=(*FACTS.argv, "-lock-timeout=0s")))
    assert differences(preview, merged, ChangeSet()) == ()


def test_other_files_void_the_review_of_an_apply_that_runs_commands() -> None:
    commands = ChangeSet(provisioners=("terraform_data.it",))
    assert differences(REVIEWED, BINDING, commands)
    assert differences(replace(REVIEWED, tree=BINDING.tree), BINDING, commands) == ()
