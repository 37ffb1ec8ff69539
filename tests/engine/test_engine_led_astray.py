"""A run may write into some folders that the operator names; a symlink there leads no later run elsewhere."""

from pathlib import Path

from runner.engine.symlinked_paths import unspoiled


def test_a_folder_replaced_by_a_runs_symlink_is_not_followed(tmp_path: Path) -> None:
    shared, secret = tmp_path / "shared", tmp_path / "secret"
    shared.mkdir()
    secret.mkdir()
    states = shared / "states"
    states.symlink_to(secret)
    assert unspoiled([shared, states, states / "prod"], [shared]) == [shared]


def test_an_operators_symlink_through_a_runs_one_counts_as_the_runs(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "inner").symlink_to("..")
    named = tmp_path / "named"
    named.symlink_to("shared/inner")
    assert unspoiled([named], [tmp_path / "shared"]) == []


def test_a_symlink_that_the_operator_made_is_followed(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    shared = tmp_path / "shared"
    shared.symlink_to("disk")
    assert unspoiled([shared, shared / "states"], [shared]) == [shared, shared / "states"]


def test_a_circle_of_symlinks_ends(tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")
    assert unspoiled([tmp_path / "circle"], [tmp_path / "other"]) == [tmp_path / "circle"]
