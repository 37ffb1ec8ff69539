"""A scanner answers by its exit code or in SARIF; what has no answer is a finding."""

import json
import socket
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from runner.engine.sandbox_policy import SandboxPolicy
from runner.model.policy.answer import Answer
from runner.model.policy.material import CheckMaterial
from runner.model.policy.sarif import LARGEST, NotSarif, read_sarif
from runner.model.settings.server import Settings
from runner.model.values.span import Seconds
from runner.policy.scanner import scan


def log(*results: Any, **run: Any) -> bytes:
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {}, "results": list(results), **run}]}).encode()


def result(level: str | None = "error", **more: Any) -> Any:
    found = {"ruleId": "AVD-1", "message": {"text": "open to the world"}, **more}
    return found if level is None else {**found, "level": level}


def test_errors_deny_and_the_rest_warns() -> None:
    assert read_sarif(log(result(), result("note"))) == Answer(
        ("AVD-1: open to the world",), ("AVD-1: open to the world",)
    )


def test_a_finding_has_its_place() -> None:
    place = {"physicalLocation": {"artifactLocation": {"uri": "main.tf"}, "region": {"startLine": 3}}}
    assert read_sarif(log(result(locations=[place]))).denials == ("AVD-1: open to the world: main.tf:3",)


def test_the_level_of_a_rule_counts_where_the_result_has_none() -> None:
    rule = {"id": "AVD-1", "defaultConfiguration": {"level": "error"}}
    assert read_sarif(log(result(None), tool={"driver": {"rules": [rule]}})).denials
    assert read_sarif(log(result(None))).warnings
    named_by_index = {"ruleIndex": 0, "message": {"text": "open"}}
    assert read_sarif(log(named_by_index, tool={"driver": {"rules": [rule]}})).denials


def test_suppressed_findings_do_not_count() -> None:
    assert read_sarif(log(result(suppressions=[{"kind": "external"}]))) == Answer()


@pytest.mark.parametrize(
    "suppressions",
    [[{"kind": "inSource"}], [{"kind": "external", "status": "rejected"}], [{}], [1], "all"],
)
def test_the_code_that_is_judged_suppresses_nothing(suppressions: Any) -> None:
    assert read_sarif(log(result(suppressions=suppressions))).denials


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b'{"runs": []}',
        b'{"runs": [{}]}',
        b'{"runs": [1]}',
        log(1),
        log(result("fatal")),
        b"[" * 100_000,
        b" " * (LARGEST + 1),
    ],
)
def test_what_is_no_sarif_is_no_pass(content: bytes) -> None:
    with pytest.raises(NotSarif):
        read_sarif(content)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "place"
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text('{"a": 1}')
    return folder


def ran(place: Path, script: str, **how: Any) -> Answer:
    """The answer of a shell script."""
    env = {"PATH": "/usr/bin:/bin", "HTTPS_PROXY": "http://user:s3cret@proxy"}
    sandbox = SandboxPolicy(Settings(data_dir=place.parent), (), env, {"HOME": "/root"})
    check = CheckMaterial("scan", ("sh", "-c", script, "sh", "{plan}", "{tree}"), **how)
    tree = place.parent / "tree"
    tree.mkdir()
    return scan(check, place / "plan.json", tree, place, sandbox.apart, env, None)


def test_an_exit_code_of_zero_passes(place: Path) -> None:
    assert ran(place, 'test -r "$1" && test -d "$2"', blocking=True) == Answer()


@pytest.mark.repeats("script")
@pytest.mark.parametrize("blocking", [True, False])
@pytest.mark.parametrize(
    ("script", "how", "said"),
    [
        ("echo found it; exit 2", {}, ("exit code 2", "found it")),
        ("exit 1", {"sarif": True}, ("it wrote no SARIF (exit code 1)",)),
        ("echo '<xml>'", {"sarif": True}, ("it wrote no SARIF (exit code 0)",)),
        ("sleep 60", {"timeout": Seconds(1)}, ("it took longer than 1 s",)),
        ("kill -9 $$", {}, ("it was killed by signal 9: it exceeded its limits, or crashed",)),
        ("yes", {}, ("it wrote more than it may",)),
    ],
)
def test_what_it_says_denies_only_where_it_blocks(
    place: Path, script: str, how: dict[str, Any], said: tuple[str, ...], *, blocking: bool
) -> None:
    answer = ran(place, script, blocking=blocking, **how)
    assert answer == (Answer(said) if blocking else Answer(warnings=said))


@pytest.mark.parametrize("blocking", [True, False])
def test_a_missing_scanner_is_a_finding(place: Path, *, blocking: bool) -> None:
    check = CheckMaterial("scan", ("no-such-scanner", "{plan}"), blocking=blocking)
    answer = scan(check, place, place, place, lambda _read, _write: None, {"PATH": "/bin"}, None)
    assert (answer.denials if blocking else answer.warnings) == ('"no-such-scanner" is not installed',)


def test_errors_of_a_check_that_does_not_block_are_warnings(place: Path) -> None:
    (place / "log").write_bytes(log(result()))
    assert ran(place, f"cat {place}/log", sarif=True).warnings == ("AVD-1: open to the world",)


def test_a_scanner_that_failed_after_it_wrote_has_not_passed(place: Path) -> None:
    (place / "log").write_bytes(log())
    assert ran(place, f"cat {place}/log; exit 7", sarif=True, blocking=True).denials == (
        "it ended with code 7",
    )


@pytest.mark.parametrize("network", [True, False])
def test_a_scanner_has_network_only_where_it_may(place: Path, *, network: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connect = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)"
        answer = ran(place, f'{sys.executable} -I -S -c "{connect}"', network=network, blocking=True)
    assert (answer == Answer()) is network


def test_a_scanner_does_not_see_the_password_of_a_proxy(place: Path) -> None:
    assert "s3cret" not in "\n".join(ran(place, "env; exit 1", blocking=True).denials)


def test_a_scanner_can_change_neither_the_plan_nor_the_code(place: Path) -> None:
    ran(place, 'echo x >> "$1"; echo x > "$2/new"; rm -f "$1"; exit 0')
    assert (place / "plan.json").read_text() == '{"a": 1}'
    assert not list((place.parent / "tree").iterdir())
    assert stat.S_ISREG((place / "plan.json").stat().st_mode)


def test_what_a_scanner_leaves_running_ends_with_it(place: Path) -> None:
    assert ran(place, "setsid sleep 97 & exit 0", blocking=True) == Answer()
    running = Path("/proc").glob("[0-9]*/cmdline")
    assert not any(b"sleep\x0097" in read_if_there(path) for path in running)


def read_if_there(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
