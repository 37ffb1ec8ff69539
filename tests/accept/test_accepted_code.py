"""The corpus of `cases/`: of each drift the patch that accepts it, byte by byte, or what decides the value."""

import subprocess
from pathlib import Path

import pytest
from accept_corpus import BOM, Case, cases

from runner.engine.modules.accepting import accepted
from runner.hcl.tokens import Tokens
from runner.model.accept.patch import patch
from runner.model.accept.proposal import Drifted

ALL = {f"{case.theme}: {case.name}": case for case in cases()}
PATCHED = {name: case for name, case in ALL.items() if "patch" in case.raw["expect"]}


def test_the_corpus_has_enough_of_each_theme() -> None:
    assert len(PATCHED) >= 80
    assert {case.theme for case in ALL.values()} >= {
        "scalars",
        "maps_and_lists",
        "blocks",
        "names",
        "documents",
    }


@pytest.mark.parametrize("name", ALL)
def test_the_code_is_changed_as_the_case_says_and_nowhere_else(name: str) -> None:
    case = ALL[name]
    found = case.accept()
    made = patch(found.edited).decode()
    if case.raw.get("crlf"):
        assert all(b"\n" not in one.after.replace(b"\r\n", b"") for one in found.edited.values())
        made = made.replace("\r\n", "\n")
    assert made == case.raw["expect"].get("patch", "")
    assert list(found.undecided) == case.raw["expect"].get("undecided", [])


@pytest.mark.parametrize("name", PATCHED)
def test_git_applies_the_patch(name: str, tmp_path: Path) -> None:
    case = PATCHED[name]
    found = case.accept()
    for path, content in case.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"], cwd=tmp_path, input=patch(found.edited), check=True
    )
    after = {path: (tmp_path / path).read_bytes() for path in case.files}
    assert after == case.files | {path: one.after for path, one in found.edited.items()}


@pytest.mark.parametrize("name", PATCHED)
def test_comments_beside_what_changes_stay(name: str) -> None:
    for path, one in PATCHED[name].accept().edited.items():
        if path.endswith((".tf", ".tfvars")):
            gone = {line[1:] for line in PATCHED[name].raw["expect"]["patch"].splitlines() if line[:1] == "-"}
            before, after = (side.removeprefix(BOM).decode() for side in (one.before, one.after))
            for start, end in Tokens(before).comments():
                comment = before[start:end].rstrip("\r")
                left_with_its_line = any(comment in line for line in gone) and comment not in after
                assert comment in after or left_with_its_line


@pytest.mark.parametrize("name", PATCHED)
def test_the_changed_code_means_what_is_in_the_cloud(name: str) -> None:
    """Read again, it has the value that it got: the way back finds it there."""
    case = PATCHED[name]
    files = case.files | {path: one.after for path, one in case.accept().edited.items()}
    back = [
        Drifted(one.address, one.code, one.cloud, None, one.attributes)
        for one in case.drifted
        if one.cloud is not None
    ]
    found = accepted(
        Case(case.theme, {**case.raw, "crlf": False, "bom": False}).of(files), back, removed_blocks=True
    )
    assert not any("reads differently" in one for one in found.undecided)
