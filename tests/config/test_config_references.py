import os
from pathlib import Path
from typing import Any

import pytest

from runner.config.reference import foreign_references, resolved
from runner.host.reference import Unresolved, resolve


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "token").write_text("s3cret\n")
    (tmp_path / "two").write_text("a\nb\n")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "nul").write_bytes(b"a\x00b")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    return {"USER_NAME": "ana", "EMPTY": "", "CREDENTIALS_DIRECTORY": str(tmp_path)}


def test_references_are_replaced_wherever_they_stand(environ: dict[str, str], tmp_path: Path) -> None:
    text = f"<${{env:USER_NAME}}:${{cred:token}}:${{file:{tmp_path}/token}}>"
    data: dict[str, Any] = {"a": [{"b": text}, 7, None], "${env:USER_NAME}": True}
    assert resolved(data, environ) == (
        {"a": [{"b": "<ana:s3cret:s3cret>"}, 7, None], "${env:USER_NAME}": True},
        [],
    )


def test_only_the_last_end_of_line_of_a_file_is_left_out(environ: dict[str, str]) -> None:
    assert resolve("${cred:two}", environ) == "a\nb"


def test_a_value_is_not_looked_at_again(environ: dict[str, str]) -> None:
    environ["USER_NAME"] = "${cred:token}"
    assert resolve("${env:USER_NAME}", environ) == "${cred:token}"


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("${env:MISSING}", "the environment variable MISSING is not set"),
        ("${env:EMPTY}", "${env:EMPTY} is empty"),
        ("${env:a b}", "${env:...} needs the name of an environment variable"),
        ("${cred:missing}", "credential missing cannot be read: No such file or directory"),
        ("${cred:empty}", "${cred:empty} is empty"),
        ("${cred:folder}", "credential folder is not a regular file"),
        ("${cred:fifo}", "credential fifo is not a regular file"),
        ("${cred:binary}", "credential binary is not UTF-8 text"),
        ("${cred:nul}", "${cred:nul} contains control characters"),
        ("${cred:large}", "credential large is larger than 64 KiB"),
        ("${cred:../x}", "${cred:...} needs the name of a credential"),
        ("${cred:}", "${cred:...} needs the name of a credential"),
        ("${file:relative}", "${file:...} needs an absolute path"),
        ("${TOKEN}", "${...} must be ${env:NAME}, ${file:/path} or ${cred:NAME}"),
        ("${evn:X}", "${...} must be ${env:NAME}, ${file:/path} or ${cred:NAME}"),
        ("x${env:USER_NAME", "${...} must be ${env:NAME}, ${file:/path} or ${cred:NAME}"),
    ],
)
def test_a_reference_without_a_value_is_explained(
    reference: str, reason: str, environ: dict[str, str]
) -> None:
    with pytest.raises(Unresolved) as raised:
        resolve(reference, environ)
    assert str(raised.value) == reason


def test_a_credential_needs_the_folder_of_systemd() -> None:
    with pytest.raises(Unresolved, match=r"LoadCredential=git:/path"):
        resolve("${cred:git}", {})


@pytest.mark.parametrize("text", ["${cred:ext}", "plain"])
def test_the_external_id_of_a_stack_may_name_a_credential(text: str) -> None:
    assert list(foreign_references({"aws": {"external_id": text}})) == []


@pytest.mark.parametrize("text", ["${file:/etc/shadow}", "${env:HOME}", "${cred:../x}", "a-${cred:b}"])
def test_the_external_id_of_a_stack_may_name_nothing_else(text: str) -> None:
    assert len(list(foreign_references({"aws": {"external_id": text}}))) == 1


@pytest.mark.parametrize("text", ["${env:X}", "a ${ file : /x}", "${CRED:x}", "$${cred:x}"])
def test_no_other_text_of_a_stack_may_name_anything(text: str) -> None:
    assert len(list(foreign_references({"vars": {"a": [{"b": text}]}}))) == 1


def test_terraform_templates_are_no_references() -> None:
    assert list(foreign_references({"vars": {"a": "${var.x} $${path.module} ${upper(var.y)}"}})) == []
