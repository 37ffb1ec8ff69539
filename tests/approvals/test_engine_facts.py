"""What the engine's side measures, and that each change of it is seen."""

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.engine.initialised.needed import InitInputs
from runner.engine.initialised.sealing import seal
from runner.engine.input_files import modules_digest
from runner.engine.modules import code_files
from runner.engine.modules.code_files import Code
from runner.engine.state.process import StateMark, state_in
from runner.engine.versions import record
from runner.engine.versions.record import Record, binary_digest

SUFFIXES = (".tf", ".tf.json")


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A root module that calls one local module and one that was fetched."""
    root = tmp_path / "tree/web"
    fetched = tmp_path / "data/modules/far/sub"
    for folder in (root, tmp_path / "tree/near", fetched / ".git"):
        folder.mkdir(parents=True)
    (root / "main.tf").write_text("# root\n")
    (tmp_path / "tree/near/main.tf").write_text("# near\n")
    (fetched / "main.tf").write_text("# far\n")
    (fetched / "run.sh").write_text("echo far\n")
    (fetched / ".git/index").write_text("1")
    listed = [
        {"Key": "", "Source": "", "Dir": "."},
        {"Key": "near", "Source": "../near", "Dir": "../near"},
        {"Key": "far", "Source": "registry.terraform.io/a/far/x", "Dir": str(fetched)},
    ]
    (tmp_path / "data/modules/modules.json").write_text(json.dumps({"Modules": listed}))
    return root


def digest(module: Path) -> str:
    """Of what `init` has just left, and of the code."""
    top = module.parents[1]
    code = Code(module, top / "tree", SUFFIXES)
    made = seal(InitInputs(code, top / "data", "", b"", {}, "default", b""), top / "sealed", ())
    return modules_digest(code_files.read(code, made.manifest.local_folders), made.manifest)


def far(module: Path) -> Path:
    return module.parents[1] / "data/modules/far/sub"


def link(module: Path) -> None:
    (far(module) / "run.sh").unlink()
    (far(module) / "run.sh").symlink_to("main.tf")


@pytest.mark.parametrize(
    "change",
    [
        lambda module: (module / "main.tf").write_text("# other\n"),
        lambda module: (module / "z_override.tf").write_text(""),
        lambda module: (module / "z.auto.tfvars").write_text(""),
        lambda module: (module / "main.tf").unlink(),
        lambda module: (module / "main.tf").rename(module / "other.tf"),
        lambda module: (module.parent / "near/main.tf").write_text("# other\n"),
        lambda module: (far(module) / "main.tf").write_text("# other\n"),
        lambda module: (far(module) / "run.sh").write_text("echo other\n"),
        lambda module: (far(module) / "more.sh").write_text(""),
        link,
    ],
)
def test_every_change_of_a_module_is_seen(module: Path, change: Callable[[Path], object]) -> None:
    before = digest(module)
    change(module)
    assert digest(module) != before


@pytest.mark.parametrize(
    "change",
    [
        lambda module: (module / ".terraform.lock.hcl").write_text("selected"),
        lambda module: (module / "archive.zip").write_text("made by a data source"),
        lambda module: (far(module) / ".git/index").write_text("2"),
        lambda module: os.utime(module / "main.tf", (1, 1)),
    ],
)
def test_what_is_measured_elsewhere_or_means_nothing_is_left_alone(
    module: Path, change: Callable[[Path], object]
) -> None:
    before = digest(module)
    change(module)
    assert digest(module) == before


def test_a_binary_is_hashed_once_and_again_when_it_was_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = tmp_path / "terraform"
    binary.write_bytes(b"one")
    first = binary_digest(binary, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(record, "hashed", lambda *_: pytest.fail("hashed again"))
        assert Record(tmp_path).digest(binary) == first
    assert first in (tmp_path / "inventory.json").read_text()
    about = binary.stat()
    while binary.stat().st_ctime_ns == about.st_ctime_ns:  # the file system's clock is coarse
        binary.write_bytes(b"two")
    os.utime(binary, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert binary_digest(binary, tmp_path) != first


def test_a_link_to_another_version_is_another_binary(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    link = tmp_path / "terraform"
    link.symlink_to("one")
    first = binary_digest(link, tmp_path)
    link.unlink()
    link.symlink_to("two")
    assert binary_digest(link, tmp_path) != first


def test_a_damaged_record_of_hashes_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "inventory.json").write_text("[")
    binary = tmp_path / "terraform"
    binary.write_bytes(b"one")
    assert len(binary_digest(binary, tmp_path)) == 64


def plan_file(folder: Path, **entries: bytes) -> Path:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, shown in entries.items():
            archive.writestr(name, shown)
    path = folder / "plan"
    path.write_bytes(content.getvalue())
    return path


def test_the_state_in_a_plan_is_read(tmp_path: Path) -> None:
    resources = [
        {"mode": "managed", "instances": [{}, {}]},
        {"mode": "data", "instances": [{}]},
    ]
    state = json.dumps({"lineage": "9f2c", "serial": 4, "resources": resources}).encode()
    assert state_in(plan_file(tmp_path, tfstate=state)) == StateMark("9f2c", 4, 2)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"not JSON", b'{"lineage": 1, "serial": "x"}'])
def test_a_state_that_is_not_understood_is_not_known(tmp_path: Path, content: bytes) -> None:
    assert state_in(plan_file(tmp_path, tfstate=content)) == StateMark()


def test_a_plan_that_is_no_archive_has_no_known_state(tmp_path: Path) -> None:
    (tmp_path / "plan").write_text("encrypted")
    assert state_in(tmp_path / "plan") == StateMark()
