"""What a source says about signatures fits together."""

from pathlib import Path

import pytest

from runner.config.server_file import check
from runner.model.settings.source import Verify

CONFIG = """\
data_dir: data
sources:
  - {{name: infra, url: /srv/infra.git, verify: {verify}}}
"""


def checked(folder: Path, verify: str) -> tuple[Verify | None, list[str]]:
    path = folder / "driftline.yaml"
    path.write_text(CONFIG.format(verify=verify))
    settings, problems = check(path, {})
    verify_settings = settings.sources[0].verify if settings else None
    return verify_settings, [str(problem) for problem in problems]


def test_paths_are_those_beside_the_configuration(tmp_path: Path) -> None:
    words = "{mode: since_applied, allowed_signers: signers, gpg_keys: /etc/keys.asc, revoked: ~/revoked}"
    verify, problems = checked(tmp_path, words)
    assert problems == []
    assert verify == Verify(
        "since_applied", tmp_path / "signers", Path("/etc/keys.asc"), Path("~/revoked").expanduser()
    )


def test_off_needs_nothing_beside_it(tmp_path: Path) -> None:
    assert checked(tmp_path, "{mode: off}") == (Verify(), [])


@pytest.mark.parametrize(
    ("verify", "shown"),
    [
        ("{mode: head}", "mode: requires allowed_signers or gpg_keys"),
        ("{mode: head, gpg_keys: a, revoked: b}", "revoked: this applies to keys in allowed_signers"),
        (
            "{mode: head, allowed_signers: data/trees/infra/signers}",
            "allowed_signers: this is inside data_dir",
        ),
        ("{mode: head, gpg_keys: ./x/../data/keys}", "gpg_keys: this is inside data_dir"),
        ("{mode: tip, gpg_keys: a}", 'mode: expected off, head or since_applied, got "tip"'),
        ("{mode: head, gpg_keys: a, keyring: b}", "keyring: unknown key"),
    ],
)
def test_what_does_not_fit_is_reported(tmp_path: Path, verify: str, shown: str) -> None:
    _, problems = checked(tmp_path, verify)
    assert len(problems) == 1
    assert shown in problems[0]
