"""A path that no disk can hold is the problem of the stack in whose code it lies, and of no other."""

from collections.abc import Iterator

import pytest
from discover_world import Place

from runner.foreign.budget import Budget
from runner.foreign.remove import remove

LONG_NAME = "x" * 300
LONG_PATH = "/".join(["d"] * 3000)
ODD = [LONG_NAME, LONG_PATH, "é" * 130]
FINE = ["x" * 255, "two\nlines", "\udcff\udcfe", "Main.tf/x", "-rf", "*"]


@pytest.fixture
def two(place: Place) -> Iterator[Place]:
    place.commit({"a/stack.yaml": "name: a\n", "z/stack.yaml": "name: z\n"})
    yield place
    # What pytest removes later it removes by recursion, which thousands of folders are too many for.
    assert remove(place.remote.data, Budget())


def add(place: Place, path: str) -> None:
    """Into the index, since no work tree could hold it."""
    blob = place.remote.blob(b"x")
    place.remote.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    place.remote.git("commit", "--quiet", "-m", "odd")


def names(place: Place) -> list[str]:
    return [stack.definition.name for stack in place.found().stacks]


@pytest.mark.repeats
@pytest.mark.parametrize("odd", ODD, ids=["name", "path", "bytes"])
def test_elsewhere_it_is_reported_and_left_out_and_no_stack_stops(two: Place, odd: str) -> None:
    add(two, f"junk/{odd}")
    found = two.found()
    assert [stack.definition.name for stack in found.stacks] == ["a", "z"]
    assert found.problems == ()
    [note] = found.notes
    assert note.file.startswith("junk/")
    assert len(str(note)) < 300
    tree = two.remote.mirrors.export(two.remote.source, two.remote.head)
    assert (tree / "z" / "main.tf").is_file()


@pytest.mark.parametrize("odd", ODD, ids=["name", "path", "bytes"])
def test_an_odd_path_in_a_stacks_code_refuses_it_and_a_revert_heals_it(two: Place, odd: str) -> None:
    before = two.remote.head
    add(two, f"a/{odd}")
    found = two.found()
    assert [stack.definition.name for stack in found.stacks] == ["z"]
    assert [(p.stack, p.stack_file) for p in found.problems if p.stack] == [("a", "a/stack.yaml")]
    two.remote.mirrors.export(two.remote.source, two.remote.head)
    two.remote.git(
        "reset", "--hard", two.remote.git("commit-tree", f"{before}^{{tree}}", "-p", "HEAD", "-m", "r")
    )
    assert names(two) == ["a", "z"]
    assert (two.remote.mirrors.export(two.remote.source, two.remote.head) / "a" / "main.tf").is_file()


@pytest.mark.parametrize("path", FINE, ids=ascii)
def test_a_path_that_is_only_unusual_is_exported(two: Place, path: str) -> None:
    add(two, f"junk/{path}")
    assert names(two) == ["a", "z"]
    tree = two.remote.mirrors.export(two.remote.source, two.remote.head)
    assert (tree / "junk" / path).read_text() == "x"


def test_of_many_odd_paths_some_are_reported(two: Place) -> None:
    tree = "".join(f"100644 blob {two.remote.blob(b'x')}\t{number}{LONG_NAME}\n" for number in range(100))
    junk = two.remote.git("mktree", stdin=tree.encode())
    two.remote.git("read-tree", "--prefix=junk/", junk)
    two.remote.git("commit", "--quiet", "-m", "odd")
    assert len(two.found().notes) == 21
