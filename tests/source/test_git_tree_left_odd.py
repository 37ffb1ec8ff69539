"""Whatever a run builds in an exported tree, the next export is Git's, and neither it nor retention gets stuck."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from remote.repository import Remote
from remote.shapes import SHAPES, nest, sparse

from runner.foreign.budget import Budget
from runner.foreign.quarantine import Quarantine
from runner.foreign.remove import remove


@pytest.fixture
def tree(remote: Remote) -> Iterator[Path]:
    remote.commit({"web/main.tf": "# one\n"})
    yield remote.mirrors.export(remote.source, remote.taken())
    remove(remote.data, Budget(entries=1 << 30))


def exported(remote: Remote, tree: Path) -> set[str]:
    assert remote.mirrors.export(remote.source, tree.name) == tree
    return {path.relative_to(tree).as_posix() for path in tree.rglob("*.tf")}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_what_a_run_built_beside_the_code_stops_no_later_export(
    remote: Remote, tree: Path, shape: Callable[[Path], object]
) -> None:
    (tree / "web" / "left").mkdir()
    shape(tree / "web" / "left")
    remote.mirrors.settle(remote.source, tree.name)
    assert exported(remote, tree) == {"web/main.tf"}
    assert (tree / "web" / "main.tf").read_text() == "# one\n"


def test_folders_deeper_than_any_path_go_when_the_tree_is_made_again(remote: Remote, tree: Path) -> None:
    nest(tree / "web" / "left", 3000)
    remote.mirrors.settle(remote.source, tree.name)
    exported(remote, tree)
    assert not (tree / "web" / "left").exists()
    assert Quarantine(remote.data).clear() == ()
    assert list((remote.data / "quarantine").iterdir()) == []


def test_a_sparse_file_in_the_place_of_git_s_is_never_read_to_its_end(remote: Remote, tree: Path) -> None:
    sparse(tree / "web" / "main.tf", 8 << 40)
    exported(remote, tree)
    assert (tree / "web" / "main.tf").read_text() == "# one\n"


def test_a_pipe_in_the_place_of_git_s_file_is_never_waited_for(remote: Remote, tree: Path) -> None:
    (tree / "web" / "main.tf").unlink()
    os.mkfifo(tree / "web" / "main.tf")
    exported(remote, tree)
    assert (tree / "web" / "main.tf").read_text() == "# one\n"


def test_a_half_made_tree_of_any_depth_stops_no_later_export(remote: Remote, tree: Path) -> None:
    nest(tree.parent / ".making-dead", 3000)
    tree.with_name(f"{tree.name}.complete").unlink()
    assert exported(remote, tree) == {"web/main.tf"}
    assert not (tree.parent / ".making-dead").exists()
