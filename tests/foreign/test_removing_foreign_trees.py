"""Whatever shape a tree has, it is removed without recursion, within bounds, and without reaching anything else."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from remote.shapes import SHAPES, nest, wide

from runner.foreign.budget import Budget, Canceled, TooMuch
from runner.foreign.quarantine import Quarantine
from runner.foreign.remove import remove


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_tree_of_any_shape_is_removed(place: Path, shape: Callable[[Path], object]) -> None:
    place.mkdir()
    shape(place)
    assert remove(place, Budget())
    assert not os.path.lexists(place)


def test_folders_without_any_mode_are_removed_by_a_user_who_is_not_root(place: Path) -> None:
    place.parent.chmod(0o777)
    # Relative to the folder it starts in, since another user may not even pass the folders above.
    script = (
        "import os; from pathlib import Path\n"
        "from remote.shapes import SHAPES; from runner.foreign.budget import Budget; from runner.foreign.remove import remove\n"
        "os.getuid() or os.setuid(4242)\n"
        "top = Path('place'); top.mkdir(); SHAPES['locked folders'](top)\n"
        "print(remove(top, Budget()))\n"
    )
    path = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[2])])
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=place.parent,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), place.exists()) == ("True", False), done.stderr


def test_depth_takes_no_more_descriptors_and_no_recursion(place: Path) -> None:
    nest(place, 3000)
    before = len(list(Path("/proc/self/fd").iterdir()))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        assert remove(place, Budget())
    finally:
        sys.setrecursionlimit(limit)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_a_link_leads_to_is_left_alone(place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept").write_text("")
    place.mkdir()
    (place / "link").symlink_to(other)
    assert remove(place, Budget())
    assert (other / "kept").exists()


def test_a_link_in_place_of_a_tree_goes_and_not_the_tree(place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    place.symlink_to(other)
    assert remove(place, Budget())
    assert other.is_dir()


def test_removing_ends_with_its_budget_and_can_be_gone_on_with(place: Path) -> None:
    place.mkdir()
    wide(place)
    with pytest.raises(TooMuch):
        remove(place, Budget(entries=1000))
    assert 0 < len(list(place.iterdir())) < 3000
    assert remove(place, Budget())


def test_removing_stops_when_it_is_canceled(place: Path) -> None:
    place.mkdir()
    wide(place)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Canceled):
        remove(place, Budget(cancel=cancel))


def test_a_quarantined_tree_moves_at_once_and_loses_its_plans_first(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.mkdir()
    wide(place)
    (place / "plan.tfplan").write_text("secret")
    monkeypatch.setattr("runner.foreign.quarantine.ENTRIES", 10)
    quarantine = Quarantine(tmp_path)
    assert not quarantine.discard(place, first=["plan.tfplan"])
    assert not place.exists()
    assert list(quarantine.folder.rglob("*.tfplan")) == []
    assert quarantine.folder.stat().st_mode & 0o077 == 0
    monkeypatch.undo()
    assert quarantine.clear() == ()
    assert list(quarantine.folder.iterdir()) == []


def test_a_tree_that_cannot_be_removed_is_reported_once_with_its_path(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.mkdir()
    wide(place)
    monkeypatch.setattr("runner.foreign.quarantine.ENTRIES", 10)
    quarantine = Quarantine(tmp_path)
    with structlog.testing.capture_logs() as logs:
        quarantine.discard(place)
        [left] = quarantine.clear()
        quarantine.clear()
    assert [line["place"] for line in logs if line["event"] == "quarantine.left"] == [str(left)]


def test_where_no_quarantine_can_be_made_the_tree_is_removed_in_its_place(
    place: Path, tmp_path: Path
) -> None:
    place.mkdir()
    wide(place)
    (tmp_path / "quarantine").write_text("in the way")
    assert Quarantine(tmp_path).discard(place)
    assert not place.exists()
