"""Whether a branch got what a request changes, and nothing else with it."""

from itertools import pairwise

import pytest

from runner.model.preview.landing import MOST_REBASED, FileChange, Step, changes_digest, landed

Files = dict[str, str]
REQUEST = ({"a": "1", "b": "1"}, {"a": "2", "c": "2"})  # before and after


def between(old: Files, new: Files) -> tuple[FileChange, ...]:
    paths = sorted(old.keys() | new.keys())
    changes = (FileChange(path, old.get(path, ""), new.get(path, "")) for path in paths)
    return tuple(one for one in changes if one.old != one.new)


def history(*states: Files) -> list[Step]:
    """Of a branch whose files were these, commit by commit; the first state is that of the commit `r0`."""
    return [Step(f"r{n + 1}", f"r{n}", between(*pair)) for n, pair in enumerate(pairwise(states))]


def has_landed(*states: Files) -> bool:
    return landed(changes_digest(between(*REQUEST)), "r0", history(*states))


BASE, MERGED = REQUEST
LANDINGS = {
    "at once": (BASE, MERGED),
    "commit by commit": (BASE, {**BASE, "a": "2"}, {"a": "2", "b": "1", "c": "2"}, MERGED),
    "with a file that came and went": (BASE, {**BASE, "x": "1"}, {**MERGED, "x": "1"}, MERGED),
    "after a commit of the base": (BASE, {**BASE, "x": "1"}, {**MERGED, "x": "1"}),
    "before a commit of the base": (BASE, MERGED, {**MERGED, "x": "1"}),
    "after the base went there and back": (BASE, {**BASE, "a": "9"}, BASE, MERGED),
    "instead of a commit of the base": (BASE, {**BASE, "a": "9"}, MERGED),
    "again, after a revert": (BASE, MERGED, BASE, MERGED),
}
OTHERS = {
    "nothing": (BASE,),
    "a part": (BASE, {**BASE, "a": "2"}),
    "more": (BASE, {**MERGED, "x": "1"}),
    "other content": (BASE, {**MERGED, "a": "3"}),
    "changed since": (BASE, MERGED, {**MERGED, "a": "3"}),
    "reverted since": (BASE, MERGED, BASE),
}


@pytest.mark.parametrize("how", LANDINGS)
def test_a_request_whose_change_is_in_the_branch_has_landed(how: str) -> None:
    assert has_landed(*LANDINGS[how])


@pytest.mark.parametrize("how", OTHERS)
def test_a_branch_with_anything_else_has_not_got_the_request(how: str) -> None:
    assert not has_landed(*OTHERS[how])


def test_a_history_that_does_not_begin_at_the_base_says_nothing() -> None:
    request = changes_digest(between(*REQUEST))
    assert not landed(request, "r0", history(BASE, BASE, MERGED)[1:])


def test_a_rebase_has_so_many_commits_and_no_more() -> None:
    files = {str(number): "new" for number in range(MOST_REBASED + 1)}
    states: list[Files] = [{}]
    for path in files:
        states.append({**states[-1], path: "new"})
    steps = history(*states)
    assert not landed(changes_digest(between({}, files)), "r0", steps)
    assert landed(changes_digest(between({}, states[-2])), "r0", steps)
