import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runner.config.server_file import check, find_config, load
from runner.config.show import MASK, show
from runner.errors import BadConfig
from runner.model.settings.server import Settings, TerraformSettings
from runner.model.settings.source import SourceSettings
from runner.model.values.size import parse_size
from runner.model.values.span import Seconds

SOURCE = {"name": "infra", "url": "https://git.example.com/acme/infra.git"}


def wrote(folder: Path, data: Any, name: str = "driftline.yaml") -> Path:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_the_least_configuration_has_every_default(tmp_path: Path) -> None:
    settings = load(wrote(tmp_path, "data_dir: /var/lib/driftline\n"))
    assert settings == Settings(data_dir=Path("/var/lib/driftline"))


def test_what_is_given_replaces_the_default(tmp_path: Path) -> None:
    text = """
version: 1
data_dir: /data
sources:
  - {name: infra, url: /srv/infra.git, branch: live, poll: 90s, verify: {mode: off}}
engines: {terraform: {binary: /opt/terraform}}
executor: {slots: 3}
timeouts: {apply: none, plan: 1h30m}
approvals: {people: {ana: [Ana, ana@example.com]}}
"""
    settings = load(wrote(tmp_path, text))
    assert settings.sources == (
        SourceSettings(name="infra", url="/srv/infra.git", branch="live", poll=Seconds(90)),
    )
    assert settings.engines.terraform == TerraformSettings("/opt/terraform")
    assert settings.executor.slots == 3
    assert settings.timeouts.apply is None
    assert settings.timeouts.plan == Seconds(5400)
    assert settings.approvals.people == {"ana": ("Ana", "ana@example.com")}


@pytest.mark.parametrize("engine", ["terraform", "tofu"])
def test_more_programs_of_an_engine_leave_its_default_as_it_is(tmp_path: Path, engine: str) -> None:
    source = {"name": "infra", "url": "/srv/infra.git"}
    more = {engine: {"binaries": ["/opt/*/" + engine]}}
    settings = load(wrote(tmp_path, {"data_dir": "/data", "sources": [source], "engines": more}))
    named = getattr(settings.engines, engine)
    assert (named.binary, named.binaries) == (engine, (f"/opt/*/{engine}",))


def test_paths_are_relative_to_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    auth = {"ssh_key": "keys/id", "known_hosts": "~/hosts"}
    source = {"name": "infra", "url": "git@host:infra", "auth": auth}
    path = wrote(
        tmp_path, {"data_dir": "../data", "sources": [source], "engines": {"plugin_mirror": "m/./x"}}
    )
    monkeypatch.chdir("/")
    settings = load(path)
    assert settings.data_dir == tmp_path.parent / "data"
    assert settings.sources[0].auth.ssh_key == tmp_path / "keys/id"
    assert settings.sources[0].auth.known_hosts == Path("/home/ana/hosts")
    assert settings.engines.plugin_mirror == tmp_path / "m/x"


def test_a_relative_configuration_gives_absolute_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote(tmp_path, {"data_dir": "data"})
    monkeypatch.chdir(tmp_path)
    assert load(Path("driftline.yaml")).data_dir == tmp_path / "data"


def test_references_are_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrote(tmp_path, "s3cret\n", "git_token")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("BRANCH", "live")
    source = {**SOURCE, "branch": "${env:BRANCH}", "auth": {"token": "${cred:git_token}"}}
    (read,) = load(wrote(tmp_path, {"data_dir": "/data", "sources": [source]})).sources
    assert (read.branch, read.auth.token) == ("live", "s3cret")


def test_all_problems_come_at_once_with_a_command_that_can_be_pasted(tmp_path: Path) -> None:
    path = wrote(tmp_path, "data_dir: 7\nsource: []\ndrift: {confirm: 0}\n", "my config.yaml")
    with pytest.raises(BadConfig) as raised:
        load(path)
    assert raised.value.message == (
        "the configuration has 3 problems:\n"
        f'  {path}:1:11: data_dir: expected a path, got 7 (quote it: "7")\n'
        f'  {path}:2:1: source: unknown key (did you mean "sources"?)\n'
        f"  {path}:3:18: drift.confirm: expected 1 to 10, got 0"
    )
    assert raised.value.hint == f"driftline config validate '{path}'"
    assert raised.value.exit_code == 78


@pytest.mark.parametrize("content", ["", "# nothing\n", "---\n"])
def test_an_empty_configuration_says_so(tmp_path: Path, content: str) -> None:
    with pytest.raises(BadConfig, match="the configuration is empty"):
        load(wrote(tmp_path, content))


def test_a_configuration_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="cannot be read: Is a directory"):
        load(tmp_path)


CANARY = "c4n4ry"
LEAKS = [
    {"data_dir": "/d", "sources": [{**SOURCE, "auth": {"token": f"{CANARY} x"}}]},
    {"data_dir": "/d", "sources": [{**SOURCE, "auth": {"token": [CANARY]}}]},
    {"data_dir": "/d", "sources": [{**SOURCE, "auth": {"token": "${env:SECRET} x"}}]},
    {"data_dir": "/d", "sources": [{**SOURCE, "url": "https://ana:${env:SECRET}@host/x"}]},
    {"data_dir": "/d", "sources": [{**SOURCE, "branch": "-${env:SECRET}"}]},
    {"data_dir": "/d", "sources": [{**SOURCE, "poll": "${env:SECRET}"}]},
    {"data_dir": "/d", "artifacts": {"store": "${env:SECRET}"}},
    {"data_dir": "/d", "drift": {"schedule": "${env:SECRET} * * * 1"}},
    {"data_dir": "/d", "executor": {"memory_per_run": "${env:SECRET}", "slots": "${env:SECRET}"}},
    {"data_dir": "/d", "engines": {"registry_tokens": {"host": f"{CANARY} x"}}},
    {"data_dir": "/d", "engines": {"registry_tokens": CANARY}},
    f"data_dir: /d\nsources: [{{name: a, url: /x, auth: {{token: &{CANARY} x}}}}]",
    f"data_dir: /d\nsources: [{{name: a, url: /x, auth: {{token: *{CANARY}}}}}]",
    f"data_dir: /d\nsources: [{{name: a, url: /x, auth: {{token: !{CANARY} x}}}}]",
]


@pytest.mark.parametrize("data", LEAKS)
def test_a_problem_never_shows_a_secret(tmp_path: Path, data: Any) -> None:
    _, problems = check(wrote(tmp_path, data), {"SECRET": CANARY})
    assert problems
    assert CANARY not in "".join(map(str, problems))


@pytest.mark.parametrize("number", ["012345", "0x1234", "12345678901234567890", "1e5"])
def test_a_token_of_digits_is_not_shown(tmp_path: Path, number: str) -> None:
    _, problems = check(
        wrote(
            tmp_path, f"data_dir: /d\nsources: [{{name: a, url: 'https://h/x', auth: {{token: {number}}}}}]"
        )
    )
    assert [p.message for p in problems] == ["sources[0].auth.token: this string needs quotes"]


def test_what_is_shown_is_plain_data_without_secrets(tmp_path: Path) -> None:
    tokens = {"app.terraform.io": CANARY}
    data = {
        "data_dir": "/d",
        "sources": [{**SOURCE, "auth": {"token": CANARY}}],
        "engines": {"registry_tokens": tokens},
    }
    shown = show(load(wrote(tmp_path, data)))
    assert CANARY not in json.dumps(shown)
    assert shown["sources"][0]["auth"] == {
        "token": MASK,
        "username": "x-access-token",
        "ssh_key": None,
        "known_hosts": None,
    }
    assert shown["engines"]["registry_tokens"] == {"app.terraform.io": MASK}
    assert shown["data_dir"] == "/d"
    assert shown["retention"]["runs"] == "180d"


def test_what_is_shown_can_be_loaded_again(tmp_path: Path) -> None:
    settings = load(wrote(tmp_path, {"data_dir": "/d", "sources": [SOURCE]}))
    assert load(wrote(tmp_path, show(settings))) == settings


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and an empty working directory."""
    monkeypatch.delenv("DRIFTLINE_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home/.config/driftline").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def test_the_nearest_configuration_counts(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_home = wrote(nowhere / "home/.config/driftline", "", "config.yaml")
    assert find_config() == at_home
    wrote(nowhere / "work", "")
    assert find_config() == Path("driftline.yaml")
    named = wrote(nowhere, "", "named.yaml")
    monkeypatch.setenv("DRIFTLINE_CONFIG", str(named))
    assert find_config() == named
    explicit = wrote(nowhere, "", "explicit.yaml")
    assert find_config(str(explicit)) == explicit


def test_a_missing_named_configuration_is_never_replaced_by_another(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote(nowhere / "work", "")
    with pytest.raises(BadConfig, match=r"configuration /gone\.yaml not found \(set by -c/--config\)"):
        find_config("/gone.yaml")
    monkeypatch.setenv("DRIFTLINE_CONFIG", "/gone.yaml")
    with pytest.raises(BadConfig, match="set by DRIFTLINE_CONFIG"):
        find_config()


@pytest.mark.skipif(Path("/etc/driftline/config.yaml").exists(), reason="this machine has a configuration")
def test_without_a_configuration_every_place_is_named(nowhere: Path) -> None:
    with pytest.raises(BadConfig) as raised:
        find_config()
    for place in (
        "-c/--config",
        "DRIFTLINE_CONFIG",
        "./driftline.yaml",
        f"{nowhere}/home/.config/driftline/config.yaml",
    ):
        assert place in raised.value.message
    assert raised.value.hint == (
        "driftline init   or, to use the server of an installation elsewhere:   driftline login URL"
    )


def test_loading_leaves_the_slow_half_of_pydantic_alone(tmp_path: Path) -> None:
    path = wrote(tmp_path, {"data_dir": "/d", "sources": [SOURCE]})
    code = (
        "import sys; from pathlib import Path; from runner.config.server_file import load;"
        f"load(Path({str(path)!r})); print([m for m in ('pydantic', 'apscheduler', 'boto3') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("text", "size"),
    [("700MB", 700 * 10**6), ("1.5GB", 1500 * 10**6), ("512MiB", 512 * 2**20), ("1 tb", 10**12), ("7B", 7)],
)
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "700", "MB", "-1MB", "1e3MB", "1,5GB", "7 apples", "1" * 50 + "MB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a size such as 700MB"):
        parse_size(text)


def test_true_is_not_version_1(tmp_path: Path) -> None:
    _, problems = check(wrote(tmp_path, "version: true\ndata_dir: /d\n"))
    assert [problem.message for problem in problems] == ["version: expected 1, got true"]
