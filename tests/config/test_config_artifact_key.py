"""The key of the artifacts: named in the configuration, checked when it is read, never shown."""

from pathlib import Path

import pytest

from runner.config.server_file import check, load
from runner.config.show import MASK, show

KEY = "00112233445566778899aabbccddeeff" * 2


def wrote(folder: Path, artifacts: str) -> Path:
    path = folder / "driftline.yaml"
    path.write_text(f"data_dir: {folder}\nartifacts: {artifacts}\n")
    return path


def test_it_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    settings = load(wrote(tmp_path, f'{{key: "${{file:{tmp_path}/key}}"}}'))
    assert settings.artifacts.key == KEY


def test_neither_it_nor_an_old_one_is_ever_shown(tmp_path: Path) -> None:
    settings = load(wrote(tmp_path, f'{{key: "{KEY}", old_keys: ["{KEY[::-1]}"]}}'))
    assert KEY not in repr(settings)
    assert show(settings)["artifacts"]["key"] == MASK
    assert show(settings)["artifacts"]["old_keys"] == [MASK]


@pytest.mark.parametrize("artifacts", ['{key: "hunter2-hunter2"}', '{old_keys: ["hunter2-hunter2"]}'])
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path: Path, artifacts: str) -> None:
    _, problems = check(wrote(tmp_path, artifacts))
    (text,) = [str(problem) for problem in problems]
    assert "expected 32 bytes as hexadecimal digits or as base64 (openssl rand -hex 32)" in text
    assert "hunter2" not in text
