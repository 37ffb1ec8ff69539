"""`driftline config`: all problems with their place, secrets masked, a schema for editors."""

import errno
import json
from pathlib import Path
from typing import NoReturn

import pytest
import yaml
from operator_world import driftline

SOUND = """\
version: 1
data_dir: ./data
sources:
  - name: infra
    url: https://git.example.com/acme/infra.git
    auth: {token: canary-token-9Zx}
engines: {registry_tokens: {registry.example.com: canary-registry-7Qw}}
"""


def written(folder: Path, text: str) -> str:
    path = folder / "driftline.yaml"
    path.write_text(text)
    return str(path)


def test_a_sound_configuration_is_reported_as_sound(tmp_path: Path) -> None:
    answer = driftline("config", "validate", written(tmp_path, SOUND))
    assert answer.code == 0
    assert "valid" in answer.stderr


def test_all_problems_come_at_once_each_with_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, "version: 1\ndata_dir: ./data\nsorces: []\ntimeouts: {plan: soon}\n")
    answer = driftline("config", "validate", path)
    assert answer.code == 78
    assert f"{path}:3:1: sorces: unknown key" in answer.stdout
    assert f"{path}:4:18: timeouts.plan" in answer.stdout
    assert "2 problems" in answer.stderr


def test_problems_can_be_read_by_programs(tmp_path: Path) -> None:
    path = written(tmp_path, "version: 1\n")
    answer = driftline("config", "validate", path, "-o", "json")
    assert answer.code == 78
    assert json.loads(answer.stdout)[0].keys() >= {"file", "line", "column", "message"}


def test_a_missing_configuration_names_the_searched_places(tmp_path: Path) -> None:
    answer = driftline("config", "validate", str(tmp_path / "none.yaml"))
    assert answer.code == 78
    assert "driftline init" in answer.stderr


def test_show_masks_every_secret(tmp_path: Path) -> None:
    path = written(tmp_path, SOUND)
    for kind in ("table", "json"):
        answer = driftline("-c", path, "config", "show", "-o", kind)
        assert answer.code == 0
        assert "canary" not in answer.stdout + answer.stderr


def test_show_is_the_same_for_people_and_programs(tmp_path: Path) -> None:
    path = written(tmp_path, SOUND)
    people = yaml.safe_load(driftline("-c", path, "config", "show").stdout)
    programs = json.loads(driftline("-c", path, "config", "show", "-o", "json").stdout)
    assert people == programs
    assert programs["drift"]["schedule"] == "17 */4 * * *"


def test_the_schema_of_both_files_is_json() -> None:
    for kind, key in (("server", "data_dir"), ("stack", "var_files")):
        schema = json.loads(driftline("config", "schema", "--kind", kind).stdout)
        assert key in schema["properties"]


def test_a_visible_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    visible = f"executor: {{visible: [{tmp_path}/there, {tmp_path}/gone]}}\n"
    answer = driftline("config", "validate", written(tmp_path, SOUND + visible))
    assert answer.code == 0
    assert f"executor.visible[1]: {tmp_path}/gone does not exist" in answer.stderr
    assert "there does not exist" not in answer.stderr


def test_a_folder_that_only_others_may_look_into_is_not_said_to_be_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(place: Path, **_: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(place))

    path = written(tmp_path, SOUND + "executor: {visible: [/closed/in]}\n")
    stat = Path.stat
    monkeypatch.setattr(
        Path, "stat", lambda of, **how: (refuse if of.is_relative_to("/closed") else stat)(of, **how)
    )
    answer = driftline("config", "validate", path)
    assert (answer.code, "visible" in answer.stderr) == (0, False)


def test_what_the_web_server_would_end_with_is_told_before_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.cli.commands.config.find_spec", lambda name: None)
    (tmp_path / "key.pem").touch()
    tls = f"tls: {{cert: {tmp_path}/cert.pem, key: {tmp_path}/key.pem}}"
    oidc = "oidc: {issuer: https://login.example.com, client_id: driftline}"
    answer = driftline("config", "validate", written(tmp_path, f"{SOUND}web: {{{tls}, {oidc}}}\n"))
    assert answer.code == 0
    assert f"web.tls.cert: {tmp_path}/cert.pem does not exist" in answer.stderr
    assert "pip install 'driftline[oidc]'" in answer.stderr
    assert "web.tls.key" not in answer.stderr


@pytest.mark.parametrize("port", [65536, 99999])
def test_a_port_that_no_host_has_is_refused(tmp_path: Path, port: int) -> None:
    answer = driftline(
        "config", "validate", written(tmp_path, f"{SOUND}web: {{listen: '127.0.0.1:{port}'}}\n")
    )
    assert answer.code == 78
    assert "web.listen: expected an address and a port" in answer.stdout


def test_a_rule_that_names_nobody_is_refused(tmp_path: Path) -> None:
    rule = "approvals:\n  rules:\n    - {from: [], reason: x}\n"
    answer = driftline("config", "validate", written(tmp_path, SOUND + rule))
    assert answer.code == 78
    assert "approvals.rules[0].from: the list is empty; omit it" in answer.stdout


def test_a_data_directory_that_cannot_be_made_is_named_with_its_key(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = written(tmp_path, SOUND.replace("./data", f"{tmp_path}/file/data"))
    answer = driftline("-c", path, "daemon", "--once")
    assert answer.code == 78
    assert f"data_dir {tmp_path}/file/data cannot be made: Not a directory" in answer.stderr
    assert "set another data_dir" in answer.stderr
