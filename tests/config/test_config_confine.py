"""What a run may use beyond its own: said by the operator, and never what is Driftline's."""

from pathlib import Path

import pytest

from runner.config.server_file import check
from runner.host.reference import files_in
from runner.model.settings.server import ExecutorSettings

CONFIG = "data_dir: data\nexecutor: {executor}\n"


def checked(folder: Path, executor: str) -> tuple[ExecutorSettings | None, list[str]]:
    path = folder / "driftline.yaml"
    path.write_text(CONFIG.format(executor=executor))
    settings, problems = check(path, {})
    return settings.executor if settings else None, [str(problem) for problem in problems]


def test_a_run_is_confined_if_the_kernel_can_unless_disabled(tmp_path: Path) -> None:
    executor, _ = checked(tmp_path, "{}")
    assert executor == ExecutorSettings(confine="auto", visible=())


def test_visible_paths_are_those_beside_the_configuration(tmp_path: Path) -> None:
    executor, problems = checked(tmp_path, "{confine: required, visible: [~/.aws, /srv/x, y, data/.aws]}")
    assert problems == []
    assert executor is not None
    assert executor.visible == (
        Path("~/.aws").expanduser(), Path("/srv/x"), tmp_path / "y", tmp_path / "data" / ".aws",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("executor", "shown"),
    [
        ("{visible: [data]}", "visible[0]: runs may not use Driftline's own"),
        ("{visible: [/x, data/keys]}", "visible[1]: runs may not use Driftline's own"),
        ("{visible: [./x/../data/driftline.db]}", "visible[0]: runs may not use Driftline's own"),
        ("{confine: always}", "confine: expected auto, never or required"),
    ],
)
def test_an_impossible_setting_is_reported(tmp_path: Path, executor: str, shown: str) -> None:
    _, problems = checked(tmp_path, executor)
    assert len(problems) == 1
    assert shown in problems[0]


def test_the_files_that_a_configuration_takes_secrets_from_are_known() -> None:
    text = 'a: "${file:/etc/a}"\nb: "x${file:/etc/b c}y ${env:HOME} ${cred:x}"\n'
    assert list(files_in(text)) == [Path("/etc/a"), Path("/etc/b c")]
