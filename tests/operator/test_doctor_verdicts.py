"""What doctor makes of facts: pure verdicts, at their edges."""

import subprocess
import sys
from pathlib import Path

import pytest

from runner.datadir.workspace import LocalWorkspaces
from runner.doctor.bytecode import bytecode_verdict, uncompiled
from runner.doctor.confinement import confinement_verdict
from runner.doctor.people import approvers_verdict
from runner.doctor.place import FAIL_FREE, WARN_FREE, disk_verdict, path_verdict, scratch_of
from runner.doctor.service import slots_verdict, unit_verdict
from runner.doctor.tools import engine_verdict, git_verdict, packages, switched, unserved
from runner.engine.environment import LONGEST_TMPDIR
from runner.model.code.engines import ENGINES, TERRAFORM, TOFU, EngineRow, Version
from runner.model.engine.holes import HOLES, advised, dotted, holes_of
from runner.view.finding import State

HERE = Path("/var/lib/driftline")


@pytest.mark.parametrize(
    ("free", "state"),
    [
        (FAIL_FREE - 1, State.FAIL),
        (FAIL_FREE, State.WARN),
        (WARN_FREE - 1, State.WARN),
        (WARN_FREE, State.OK),
    ],
)
def test_a_disk_is_judged_by_what_is_free(free: int, state: State) -> None:
    assert disk_verdict(HERE, free, None).state is state


def test_a_disk_without_inodes_is_full() -> None:
    finding = disk_verdict(HERE, 10 * WARN_FREE, 999)
    assert finding.state is State.FAIL
    assert "df -i" in finding.hint


@pytest.mark.parametrize(
    ("version", "state", "shown"),
    [
        ((), State.FAIL, "unknown version"),
        ((2, 38, 9), State.FAIL, "older than 2.39"),
        ((2, 39, 5), State.OK, "CVE-2025-48384"),
        ((2, 43, 6), State.OK, "CVE-2025-48384"),
        ((2, 43, 7), State.OK, "git 2.43.7"),
        ((2, 49, 0), State.OK, "CVE-2025-48384"),
        ((2, 51, 0), State.OK, "git 2.51.0"),
    ],
)
def test_git_has_a_floor_and_a_note(version: Version, state: State, shown: str) -> None:
    finding = git_verdict(version)
    assert finding.state is state
    assert shown in finding.message


def test_a_git_with_the_fix_gets_no_note() -> None:
    assert "CVE" not in git_verdict((2, 43, 7)).message
    assert "CVE" not in git_verdict((2, 51, 0)).message


@pytest.mark.parametrize(
    ("name", "version", "state"),
    [
        ("terraform", "1.14.8", State.WARN),
        ("terraform", "1.14.9", State.OK),
        ("terraform", "1.15.4", State.OK),
        ("terraform", "1.13.5", State.WARN),
        ("tofu", "1.11.9", State.WARN),
        ("tofu", "1.11.10", State.OK),
        ("tofu", "1.12.2", State.WARN),
        ("tofu", "1.12.3", State.OK),
        ("tofu", "1.12.6", State.OK),
        ("tofu", "1.13.0", State.OK),
    ],
)
def test_an_engine_below_its_floor_is_a_warning(name: str, version: str, state: State) -> None:
    assert engine_verdict(name, version, Path("/usr/bin") / name).state is state


def test_a_warning_about_an_engine_names_the_release_that_ends_it() -> None:
    warned = engine_verdict("terraform", "1.14.8", Path("/usr/bin/terraform"))
    assert "has known holes: " in warned.message
    assert "(CVE-2026-4660, fixed in 1.14.9)" in warned.message
    assert warned.hint.startswith(
        "driftline engine install terraform 1.15.4   then set engines.terraform.binary"
    )
    assert "1.15.4 is recommended" in engine_verdict("terraform", "1.14.9", Path("/usr/bin/x")).message


def test_a_warning_about_an_engine_names_each_hole_once() -> None:
    said = engine_verdict("terraform", "1.14.8", Path("/usr/bin/terraform")).message
    assert said.count("a module address may read any file") == 1


def test_each_series_is_told_its_own_release() -> None:
    assert "fixed in 1.12.3" in engine_verdict("tofu", "1.12.1", Path("/x")).message
    assert "fixed in 1.11.10" in engine_verdict("tofu", "1.11.4", Path("/x")).message
    assert "fixed in 1.11.10" in engine_verdict("tofu", "1.10.11", Path("/x")).message


def test_all_known_holes_of_a_version_are_named_with_what_mends_them() -> None:
    told = engine_verdict("terraform", "1.5.5", Path("/x")).message
    for advisory in (
        "CVE-2026-4660, fixed in 1.14.9",
        "CVE-2024-6257, fixed in 1.9.1",
        "CVE-2023-4782",
        "#38611",
    ):
        assert advisory in told
    assert "CVE-2023-4782" not in engine_verdict("terraform", "1.5.7", Path("/x")).message
    assert "GHSA-wcmj" not in engine_verdict("tofu", "1.10.10", Path("/x")).message


@pytest.mark.parametrize("name", sorted(HOLES))
def test_the_advised_release_has_no_known_hole(name: str) -> None:
    assert not holes_of(name, dotted(advised(name)))
    assert all(list(hole.mended) == sorted(hole.mended) for hole in HOLES[name])


def test_a_default_that_the_next_tfswitch_changes_is_a_warning(tmp_path: Path) -> None:
    program, link = tmp_path / ".terraform.versions" / "terraform_1.9.8", tmp_path / "terraform"
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)
    link.symlink_to(program)
    [warned] = switched("terraform", "terraform", str(tmp_path))
    assert (warned.state, warned.hint) == (State.WARN, f"engines.terraform.binary: {program}")
    assert not list(switched("terraform", str(program), ""))


def test_the_holes_of_every_engine_are_known() -> None:
    assert HOLES.keys() == ENGINES.keys()


def test_a_long_data_directory_is_found_before_providers_fail_on_it() -> None:
    room = Path("/" + "x" * (LONGEST_TMPDIR - 1))
    assert path_verdict(room, HERE).state is State.OK
    assert path_verdict(Path(f"{room}x"), HERE).state is State.WARN
    assert path_verdict(Path(f"{room}x"), Path(f"{room}x")).state is State.FAIL


def test_the_length_of_a_path_is_counted_in_bytes() -> None:
    assert path_verdict(Path("/" + "é" * (LONGEST_TMPDIR // 2)), HERE).state is State.WARN


def test_the_path_that_is_judged_is_the_one_that_runs_get(tmp_path: Path) -> None:
    workspace = LocalWorkspaces(tmp_path).prepare(1000000, "one", tmp_path, ".", managed_state=True)
    assert workspace.scratch == scratch_of(tmp_path)


@pytest.mark.parametrize(
    ("properties", "state"),
    [
        ({}, State.WARN),
        ({"LoadState": "not-found"}, State.WARN),
        ({"LoadState": "loaded", "KillMode": "control-group"}, State.FAIL),
        ({"LoadState": "loaded", "KillMode": "mixed"}, State.FAIL),
        ({"LoadState": "loaded", "KillMode": "process", "NeedDaemonReload": "yes"}, State.WARN),
        ({"LoadState": "loaded", "KillMode": "process", "ActiveState": "active"}, State.OK),
    ],
)
def test_a_unit_that_would_kill_an_apply_fails(properties: dict[str, str], state: State) -> None:
    assert unit_verdict(properties).state is state


def test_more_slots_than_memory_is_a_warning() -> None:
    assert slots_verdict(2, 1400, 700, "700B").state is State.OK
    assert slots_verdict(2, 1399, 700, "700B").state is State.WARN


def test_packed_and_unpacked_providers_of_this_platform_are_found(tmp_path: Path) -> None:
    own = tmp_path / "registry.terraform.io/hashicorp"
    (own / "aws/5.100.0/linux_amd64").mkdir(parents=True)
    (own / "null").mkdir()
    (own / "null/terraform-provider-null_3.2.4_linux_amd64.zip").touch()
    (own / "random").mkdir()
    (own / "random/terraform-provider-random_3.7.2_darwin_arm64.zip").touch()
    assert packages(tmp_path, "linux_amd64") == [
        "registry.terraform.io/hashicorp/aws",
        "registry.terraform.io/hashicorp/null",
    ]


@pytest.mark.parametrize(
    ("wish", "problem", "abi", "state", "shown"),
    [
        ("auto", None, 7, State.OK, "Landlock ABI 7"),
        ("required", None, 0, State.OK, "confined by namespaces"),
        ("auto", "not installed", 7, State.WARN, "only Landlock restricts file access"),
        ("auto", "not installed", 0, State.WARN, "reads every file of the daemon's user"),
        ("required", "not installed", 7, State.FAIL, "no runs start: not installed"),
        ("never", None, 7, State.WARN, "executor.confine is never"),
    ],
)
def test_what_confines_runs_is_reported(
    wish: str, problem: str | None, abi: int, state: State, shown: str
) -> None:
    finding = confinement_verdict(wish, problem, abi)
    assert finding.state is state
    assert shown in finding.message
    assert bool(finding.hint) is (state is not State.OK)


@pytest.mark.parametrize(
    ("owner", "me", "login", "people", "state"),
    [
        (900, 1000, 1000, [1000], State.OK),
        (900, 900, None, [], State.OK),
        (900, 900, None, [900], State.OK),
        (900, 900, None, [1000], State.WARN),
        (900, 900, 1000, [], State.WARN),
        (900, 900, 900, [], State.OK),
        (900, 900, 900, [900, 1001], State.WARN),
    ],
)
def test_approving_as_the_daemons_user_warns_if_it_may_be_several_people(
    owner: int, me: int, login: int | None, people: list[int], state: State
) -> None:
    finding = approvers_verdict(owner, me, login, people)
    assert finding.state is state
    assert ("docs/approvals.md" in finding.hint) is (state is State.WARN)


@pytest.mark.parametrize(
    ("found", "needed", "missed"),
    [
        (["registry.terraform.io/hashicorp/aws"], [TERRAFORM], None),
        (["registry.terraform.io/hashicorp/aws"], [TERRAFORM, TOFU], TOFU),
        (["registry.opentofu.org/hashicorp/aws"], [TERRAFORM], TERRAFORM),
        (["registry.opentofu.org/hashicorp/aws"], [TOFU], None),
        (["registry.example.com/acme/x"], [TERRAFORM, TOFU], None),
    ],
)
def test_a_mirror_of_another_engines_registry_is_noticed(
    found: list[str], needed: list[EngineRow], missed: EngineRow | None
) -> None:
    assert unserved(found, needed) is missed


def test_modules_that_are_not_compiled_are_told_with_the_line_that_mends_it(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("")
    finding = bytecode_verdict(uncompiled(tmp_path), sys.executable)
    assert finding.state is State.WARN
    assert "0.1 to 0.2 s a command" in finding.message
    subprocess.run(finding.hint, shell=True, check=True)
    assert bytecode_verdict(uncompiled(tmp_path), sys.executable).state is State.OK


def test_a_checkout_and_its_libraries_are_compiled_by_their_own_folders() -> None:
    hint = bytecode_verdict([Path("/srv/driftline/runner"), Path("/opt/lib/click")], "python3").hint
    assert hint.endswith("python3 -m compileall -q /srv/driftline/runner /opt/lib/click")
