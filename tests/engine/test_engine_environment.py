"""What of the daemon's environment, and of a stack file's, reaches terraform."""

import base64
from pathlib import Path
from tempfile import gettempdir

import pytest
from engine_world import World, needs_terraform

from runner.engine.environment import child_environment, inherited, short_tmp
from runner.errors import NotAllowed
from runner.model.code.engines import ENGINES
from runner.model.stack.definition import AwsRoles, StackDefinition
from runner.ports.workspace import Workspace

ROLE = {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "short-lived", "AWS_SESSION_TOKEN": "token"}


def environment(
    tmp_path: Path,
    stack: StackDefinition,
    base: dict[str, str] | None = None,
    credentials: dict[str, str] | None = None,
) -> dict[str, str]:
    workspace = Workspace(
        tmp_path / "m", tmp_path / "d", tmp_path / "s", None, tmp_path / "r", tmp_path / "c"
    )
    return child_environment(
        ENGINES["terraform"],
        stack,
        workspace,
        cli_config=tmp_path / "rc",
        base=base or {},
        contexts={},
        credentials=credentials or {},
    )


def test_only_listed_names_and_the_operators_globs_are_inherited() -> None:
    daemon = {
        "PATH": "/bin",
        "HTTPS_PROXY": "p",
        "CANARY": "x",
        "AWS_ENDPOINT_URL": "u",
        "SSH_AUTH_SOCK": "s",
    }
    assert inherited(daemon, ()) == {"PATH": "/bin", "HTTPS_PROXY": "p"}
    assert inherited(daemon, ("AWS_*",)) == {"PATH": "/bin", "HTTPS_PROXY": "p", "AWS_ENDPOINT_URL": "u"}


@pytest.mark.parametrize(
    "name",
    [
        *[
            "TF_CLI_ARGS",
            "TF_CLI_ARGS_plan",
            "TF_REATTACH_PROVIDERS",
            "TF_LOG",
            "TF_LOG_PATH",
            "TF_WORKSPACE",
        ],
        *[
            "TF_PLUGIN_CACHE_DIR",
            "TF_TOKEN_example_com",
            "DRIFTLINE_CONFIG",
            "CREDENTIALS_DIRECTORY",
            "NOTIFY_SOCKET",
        ],
    ],
)
def test_not_even_a_wide_glob_of_the_operator_brings_these_in(name: str) -> None:
    assert inherited({name: "x"}, ("*",)) == {}


@pytest.mark.parametrize(
    "name",
    [
        *[
            "PATH",
            "HOME",
            "LD_PRELOAD",
            "TF_CLI_ARGS_apply",
            "TF_DATA_DIR",
            "TF_CLI_CONFIG_FILE",
            "TF_WORKSPACE",
        ],
        *[
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "GIT_SSH_COMMAND",
            "https_proxy",
            "BASH_ENV",
            "PYTHONPATH",
            "TMPDIR",
        ],
    ],
)
def test_a_stack_that_sets_what_only_the_operator_may_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotAllowed, match=name):
        environment(tmp_path, StackDefinition(name="a", env={name: "x"}))


def test_a_stack_may_set_variables_and_override_defaults(tmp_path: Path) -> None:
    made = environment(
        tmp_path, StackDefinition(name="a", env={"TF_VAR_x": "1", "FOO": "bar", "GOGC": "100"})
    )
    assert (made["TF_VAR_x"], made["FOO"], made["GOGC"]) == ("1", "bar", "100")
    assert environment(tmp_path, StackDefinition(name="a"))["GOGC"] == "400"


def test_a_run_with_a_role_sees_no_other_credentials(tmp_path: Path) -> None:
    base = {
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "of the daemon",
        "AWS_PROFILE": "admin",
        "X": "1",
    }
    made = environment(tmp_path, StackDefinition(name="a"), base, ROLE)
    assert {name: made[name] for name in ROLE} == ROLE
    assert "AWS_PROFILE" not in made
    assert "of the daemon" not in made.values()
    assert made["X"] == "1"


def test_the_region_of_the_stack_is_set_under_both_names(tmp_path: Path) -> None:
    made = environment(
        tmp_path, StackDefinition(name="a", aws=AwsRoles(region="eu-west-1")), {"AWS_REGION": "x"}
    )
    assert (made["AWS_REGION"], made["AWS_DEFAULT_REGION"]) == ("eu-west-1", "eu-west-1")


def test_a_workspace_is_named_only_where_it_is_not_the_default(tmp_path: Path) -> None:
    assert "TF_WORKSPACE" not in environment(tmp_path, StackDefinition(name="a"))
    blue = environment(tmp_path, StackDefinition(name="a", terraform_workspace="blue"))
    assert blue["TF_WORKSPACE"] == "blue"


def test_a_folder_too_long_for_a_plugins_socket_is_not_its_tmpdir(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, tmp_path, Path("/" + "x" * 90), None, tmp_path, tmp_path)
    made = child_environment(
        ENGINES["terraform"],
        StackDefinition(name="a"),
        workspace,
        cli_config=tmp_path,
        base={},
        contexts={},
        credentials={},
    )
    assert len(made["TMPDIR"]) <= 80


def test_the_fallback_folder_does_not_contain_the_data_directory(tmp_path: Path) -> None:
    system = Path(gettempdir())
    assert not (system / "data" / "runs" / "1").is_relative_to(short_tmp(system / "data" / "runs" / "1"))
    assert short_tmp(Path("/var/lib/driftline/runs/1")) == str(system)


@needs_terraform
def test_code_that_reads_its_own_environment_finds_only_listed_names(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_TOKEN", "canary-7f3a")
    monkeypatch.setenv("TF_VAR_word", "canary-8e2b")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-9d1c")
    world.write({"main.tf": 'output "x" { value = base64encode(file("/proc/self/environ")) }\n'})
    planned = world.planned()
    assert planned.document is not None
    raw = base64.b64decode(planned.document["planned_values"]["outputs"]["x"]["value"])
    names = {part.split(b"=")[0].decode() for part in raw.split(b"\0") if part}
    assert b"canary" not in raw
    assert names <= {
        *[
            "PATH",
            "LANG",
            "PWD",
            "HOME",
            "TMPDIR",
            "GOGC",
            "GIT_ALLOW_PROTOCOL",
            "GIT_TERMINAL_PROMPT",
            "AWS_CA_BUNDLE",
        ],
        *["TF_DATA_DIR", "TF_CLI_CONFIG_FILE", "TF_IN_AUTOMATION", "TF_INPUT", "CHECKPOINT_DISABLE"],
        *["SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"],
        *["http_proxy", "https_proxy", "no_proxy"],
    }
