"""Commands as processes: signals, terminals, a daemon beside them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_world import World, applied, until
from click.testing import CliRunner
from performed import COMMAND
from terminal_talk import converse, on_terminal
from wrapped import wrapped

from runner.cli.main import main

# Passes everything on to the real terraform, but waits in one command until a file is there.
SLOW = """\
case " $* " in *" {command} "*)
  touch {root}/reached
  while [ ! -e {root}/go ]; do sleep 0.05; done ;;
esac
exec terraform "$@"
"""


def slow(tmp_path: Path, command: str) -> World:
    """A world whose terraform waits in this command."""
    signs = tmp_path / "signs"  # in a folder that is there: beside the data directory a run makes no files
    signs.mkdir()
    binary = wrapped(tmp_path / "terraform-slow", SLOW.format(command=command, root=signs))
    world = World(tmp_path, more=f"engines: {{terraform: {{binary: {binary}}}}}")
    world.stack("app")
    return world


@contextmanager
def daemon(world: World) -> Iterator[None]:
    started = world.start("daemon")
    try:
        started.says("daemon.ready")  # from here on SIGTERM ends it in good order
        yield
    finally:
        started.signal(signal.SIGTERM)
        started.ends(0)


# Stopping


def test_ctrl_c_cancels_the_plan_that_is_being_made(tmp_path: Path) -> None:
    world = slow(tmp_path, "plan")
    process = world.start("plan", "app")
    until((tmp_path / "signs" / "reached").exists)
    process.signal(signal.SIGINT)
    process.ends(130)
    assert world.json("run", "show", "1")["state"] == "canceled"


@pytest.mark.repeats
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_interrupt_does_not_end_an_apply(tmp_path: Path, number: signal.Signals) -> None:
    world = slow(tmp_path, "apply")
    world.run("plan", "app")
    world.approve("run-1")
    process = world.start("apply", "run-1")
    until((tmp_path / "signs" / "reached").exists)
    process.signal(number)
    process.says("terraform continues")
    (tmp_path / "signs" / "go").touch()
    process.ends(0)
    assert world.json("run", "show", "1")["state"] == "applied"


def test_a_terminal_that_hangs_up_does_not_end_an_apply(tmp_path: Path) -> None:
    world = slow(tmp_path, "apply")
    world.run("plan", "app")
    world.approve("run-1")
    process = world.start("apply", "run-1")
    until((tmp_path / "signs" / "reached").exists)
    process.signal(signal.SIGHUP)
    (tmp_path / "signs" / "go").touch()
    process.ends(0)


def test_a_second_ctrl_c_stops_the_apply_and_the_stack_stays_locked(tmp_path: Path) -> None:
    world = slow(tmp_path, "apply")
    world.run("plan", "app")
    world.approve("run-1")
    process = world.start("apply", "run-1")
    until((tmp_path / "signs" / "reached").exists)
    process.signal(signal.SIGINT)
    process.says("terraform continues")
    process.signal(signal.SIGINT)
    process.ends(130)
    assert world.json("run", "show", "1")["state"] in {"interrupted", "apply_failed"}
    assert world.json("lock", "list")[0]["stack"] == "app"


# With a daemon


def test_with_a_daemon_running_it_does_the_work_and_commands_wait(tmp_path: Path) -> None:
    world = applied(tmp_path)
    with daemon(world):
        world.commit({"app/more.tf": 'resource "terraform_data" "more" {}\n'})
        world.run("source", "sync")
        out, err = world.start("plan", "app").ends(0)
        assert "the daemon (pid" in err
        assert "+ terraform_data.more" in out
        (waiting,) = world.json("run", "list", "--state", "awaiting_approval")
        assert world.json("status")["daemon"]["alive"] is True
        world.approve(waiting["id"])
        world.run("run", "wait", waiting["id"], "--timeout", "20s")
        world.start("drift", "check", "--all").ends(0)
        (stack,) = world.json("stack", "list")
        assert stack["sync"] == "synced"


@contextmanager
def seldom_polling(world: World) -> Iterator[None]:
    """A daemon that has just polled, and does not for an hour."""
    settings = world.config.read_text()
    world.config.write_text(settings.replace('repository"}', 'repository", poll: 1h}'))
    world.run("source", "sync")
    with daemon(world):
        yield


def test_a_plan_right_after_a_commit_plans_that_commit_beside_a_daemon_too(tmp_path: Path) -> None:
    world = applied(tmp_path)
    with seldom_polling(world):
        head = world.commit({"app/more.tf": 'resource "terraform_data" "more" {}\n'})
        out, err = world.start("plan", "app").ends(0)
        assert "source infra: polling main" in err
        assert f"plans app at {head[:12]}" in err
        assert "+ terraform_data.more" in out


def test_an_unreachable_source_does_not_stop_a_plan_beside_a_daemon(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    with seldom_polling(world):
        world.repository.rename(tmp_path / "elsewhere")
        out, err = world.start("plan", "app").ends(0)
        assert "using the last known revision of its stacks" in err
        assert "+ terraform_data.it" in out


def test_one_daemon_for_one_data_directory(tmp_path: Path) -> None:
    world = World(tmp_path)
    with daemon(world):
        for words in (["daemon"], ["daemon", "--once"]):
            _, err = world.start(*words).ends(75)
            assert "another daemon (pid" in err


def test_the_log_of_the_daemon_is_one_line_an_event_on_stderr(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.commit({"a/stack.yaml": "name: a\nnope: true\n"})
    process = world.start("daemon")
    process.says("source.problem")
    process.signal(signal.SIGTERM)
    out, err = process.ends(0)
    assert out == ""
    strange = [
        line for line in err.splitlines() if not line.startswith("timestamp=") or " level=" not in line
    ]
    assert strange == []
    assert "unknown key" in err


# On a terminal


@pytest.mark.repeats
@pytest.mark.parametrize("answer", ["y", "no", ""])
def test_another_answer_than_yes_approves_nothing_and_says_what_to_type(tmp_path: Path, answer: str) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.run("plan", "app")
    code, heard = converse(world, ["approve", "run-1"], {"Type `yes`": f"{answer}\n"})
    assert code == 1
    assert "nothing was approved: the answer was not `yes`" in heard
    assert "interrupted" not in heard
    assert world.json("run", "show", "1")["state"] == "awaiting_approval"


def test_on_a_terminal_the_plan_is_shown_and_yes_approves_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.run("plan", "app")
    code, heard = converse(world, ["approve", "run-1"], {"Type `yes`": "yes\n"})
    assert code == 0, heard
    assert "\x1b[32m" in heard
    assert "terraform_data.it" in heard
    assert world.json("run", "show", "1")["state"] == "approved"


def test_the_question_names_the_plan_and_the_answer_what_was_recorded(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.run("plan", "app")
    shown = world.json("run", "show", "1")
    marks = f"plan {shown['plan_digest'][:12]}, binding {shown['binding_digest'][:12]}"
    code, heard = converse(world, ["approve", "run-1"], {"Type `yes`": "yes\n"})
    assert code == 0, heard
    _, _, output = heard.partition("Type `yes`")
    assert marks in output.partition(":")[0]
    assert "is approved by" in output
    assert marks in output.partition("is approved by")[2]
    (given,) = world.json("run", "show", "1")["approvals"]
    assert given["binding_digest"] == shown["binding_digest"]


def test_what_was_typed_before_the_question_answers_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.run("plan", "app")
    code, heard = converse(world, ["approve", "run-1"], {"": "yes\n", "Type `yes`": "\x04"})
    assert code == 1, heard
    assert world.json("run", "show", "1")["state"] == "awaiting_approval"


@pytest.mark.parametrize("answer", ["no\n", "\n", "y\n", "\x04", "yes no\n"])
def test_on_a_terminal_anything_but_yes_approves_nothing(tmp_path: Path, answer: str) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.run("plan", "app")
    code, heard = converse(world, ["approve", "run-1"], {"Type `yes`": answer})
    assert code == 1, heard
    assert world.json("run", "show", "1")["state"] == "awaiting_approval"


def test_on_a_terminal_ctrl_c_at_the_question_interrupts(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.run("plan", "app")
    code, heard = converse(world, ["approve", "run-1"], {"Type `yes`": "\x03"})
    assert (code, "interrupted" in heard) == (130, True)


@pytest.mark.parametrize(
    ("answer", "freed"), [("y", True), ("YES", True), ("no", False), ("", False), ("\x04", False)]
)
def test_a_question_takes_y_and_every_other_answer_declines(answer: str, freed: bool) -> None:  # noqa: FBT001
    code = "from runner.cli.screen.asking import ask; from runner.cli.main import report_error; from runner.cli.options import Cli\n"
    code += "try: ask('Free it?', wish='unlocked'); print('free')\n"
    code += "except Exception as error: print('code', report_error(Cli(), error))\n"
    _, heard = on_terminal(
        [sys.executable, "-c", code], {"[y/N]": answer if answer == "\x04" else f"{answer}\n"}
    )
    assert ("free" in heard.splitlines()) is freed
    assert ("nothing was unlocked" in heard and "code 1" in heard) is not freed
    assert "interrupted" not in heard


def test_on_a_terminal_what_is_protected_wants_the_name_of_the_stack(tmp_path: Path) -> None:
    world = applied(
        tmp_path, 'apply: {protect: ["terraform_data.it"]}\n', config="approvals: {author_may_approve: true}"
    )
    world.run("plan", "app", "--destroy")
    code, heard = converse(world, ["approve", "run-2"], {"Type `app`": "yes\n"})
    assert code == 1, heard
    code, heard = converse(world, ["approve", "run-2"], {"Type `app`": "app\n"})
    assert code == 0, heard


def test_on_a_terminal_a_plan_is_followed_live_and_checks_are_counted(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    code, heard = converse(world, ["plan", "app"], {})
    assert code == 0, heard
    assert "terraform_data.it: Plan to create" in heard
    world.approve("run-1")
    world.run("apply", "run-1")
    code, heard = converse(world, ["drift", "check", "--all"], {})
    assert code == 0, heard
    assert "0 of 1 checked" in heard


def test_binary_artifacts_do_not_go_to_a_terminal(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("app")
    world.run("plan", "app")
    code, heard = converse(world, ["run", "artifact", "run-1", "plan.tfplan"], {})
    assert (code, "--to FILE" in heard) == (64, True)


# Completion


def asked(world: World, *words: str) -> dict[str, str]:
    """The environment in which a shell asks."""
    return {
        "_DRIFTLINE_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["driftline", *words]),
        "COMP_CWORD": str(len(words)),
        "DRIFTLINE_CONFIG": str(world.config),
    }


def complete(world: World, *words: str) -> list[str]:
    answer = CliRunner().invoke(main, prog_name="driftline", env=asked(world, *words))
    assert (answer.exit_code, answer.stderr) == (0, "")
    return offered(answer.stdout)


def offered(text: str) -> list[str]:
    return [line.partition(",")[2] for line in text.splitlines() if line]


def test_the_installed_command_completes(tmp_path: Path) -> None:
    world = World(tmp_path)
    environment = {**os.environ, **asked(world, "plan", "--ref")}
    output = subprocess.run([COMMAND], env=environment, capture_output=True, text=True, check=True)
    assert (offered(output.stdout), output.stderr) == (["--ref"], "")


def test_names_of_stacks_runs_and_reports_are_completed(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.stack("prod/vpc")
    world.stack("stage/vpc")
    world.run("plan", "prod/vpc")
    assert complete(world, "plan", "pro") == ["prod/vpc"]
    assert complete(world, "stack", "show", "") == ["prod/vpc", "stage/vpc"]
    assert complete(world, "logs", "run") == ["run-1"]
    assert complete(world, "run", "list", "--state", "awa") == ["awaiting_approval"]


def test_completion_offers_sources_labels_artifacts_and_waiting_plans(
    tmp_path: Path,
) -> None:
    world = applied(tmp_path)
    world.run("drift", "check", "app")
    assert complete(world, "approve", "run") == []
    world.commit({"app/more.tf": 'resource "terraform_data" "more" {}\n'})
    world.run("plan", "app")
    assert complete(world, "approve", "run") == ["run-3"]
    assert complete(world, "reject", "run") == ["run-3"]
    assert complete(world, "source", "sync", "") == ["infra"]
    assert complete(world, "stack", "list", "-l", "") == ["env=test"]
    assert "plan.json" in complete(world, "run", "artifact", "run-3", "")


def test_completion_is_quiet_where_nothing_is_set_up(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert complete(world, "plan", "") == []
    world.config.write_text("nonsense: [")
    assert complete(world, "plan", "") == []
    assert not (tmp_path / "data").exists()


def test_it_runs_as_a_module_of_any_python_too(tmp_path: Path) -> None:
    code = "import sys; from runner.cli.main import main; main(['stack', 'list', '-c', sys.argv[1]])"
    output = subprocess.run(
        [sys.executable, "-c", code, str(World(tmp_path).config)], capture_output=True, text=True, check=False
    )
    assert (output.returncode, output.stdout) == (0, "")


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("y", 1)])
def test_a_state_is_imported_only_after_a_yes_to_its_preview(tmp_path: Path, answer: str, code: int) -> None:
    world = World(tmp_path)
    world.stack("app")
    state = tmp_path / "laptop.tfstate"
    state.write_text('{"version": 4, "lineage": "by-hand", "serial": 3, "outputs": {}, "resources": []}')
    ended, heard = converse(world, ["state", "import", "app", str(state)], {"Type `yes`": f"{answer}\n"})
    assert ended == code
    assert "1 to create" in heard
    assert world.app.workspaces.state_file("app", "default").exists() is (code == 0)
    assert world.json("lock", "list") == []
