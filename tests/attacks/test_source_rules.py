"""Rules of the code itself: where processes are started, where SQL is spoken, where files of a tree may be opened."""

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[2] / "runner"
FILES = sorted(RUNNER.rglob("*.py"))

# By file: each line is a decision.
STARTS_PROCESSES = {
    "process/run.py": "the one place: argv, environment, folder, deadline",
    "process/kept.py": "a child that is kept, started anew and ended",
    "process/shim.py": "an apply that outlives the daemon",
    "sandbox/entrance.py": "tries once whether this machine runs the machine code",
    "process/limited.py": "becomes the scanner or opa, started by process/run.py, with limits",
    "sandbox/inside.py": "becomes the program that is started in namespaces",
    "sandbox/namespaced.py": "tries once whether bubblewrap can make namespaces here",
    "source/command.py": "git, through GitPython, which needs the types and constants of subprocess",
    "process/detached.py": "waits for the shim that process/run.py has started",
    "probe/launch.py": "a provider, by process/run.py; the type of a process is named",
    "probe/proxy_process.py": "the same of the proxy",
    "process/beside.py": "our own program beside this one, as a worker starts one for each run",
    "pool/standby.py": "one that process/beside.py has started and that waits; the type of a process is named",
    "source/output.py": "reads what that git says; starts nothing",
}
# git answers on a pipe: it dies with us, and nothing of it is lost. Terraform's output always is a file.
# A process of ours that waits for a run is told of it on a pipe, before there is a terraform.
PIPES = ("source/command.py", "sandbox/namespaced.py", "process/beside.py")
SPEAKS_SQL = {
    "doctor/tools.py": "asks for the library's version",
    "cli/commands/db.py": "looks at the number of a schema, read-only, before the store would bring it up to date",
}
# What reads below an exported tree or beside it. All others know a tree only as Git's objects.
READS_TREES = {
    "source/export.py": "writes it",
    "foreign/read.py": "within bounds, and through no link",
    "source/repair.py": "compares it with Git and puts it right, through no link",
    "engine/modules/code_files.py": "configuration and values, with a bound, through links that stay inside",
    "engine/initialised/lock_file.py": "the lock file, with a bound and through no link, and puts it right",
    "engine/modules/declared.py": "which variables are secret, with a bound for each file",
    "engine/versions/version.py": "`.terraform-version`, and no link",
    "engine/sensitive.py": "which variables are secret, so that their values are masked",
    "adopt/scan.py": "the work tree of whoever calls `init --scan`, by the bounded walk of `foreign`",
    "cli/folder.py": "the work tree of whoever calls `stack validate`",
}
OPENING = {"open", "read_text", "read_bytes", "scandir", "iterdir", "glob", "rglob", "walk", "listdir"}
TREE_NAMES = {"tree", "module", "checkout", "top", "module_path"}


def name_of(file: Path) -> str:
    return file.relative_to(RUNNER).as_posix()


@cache
def parsed() -> list[tuple[str, ast.AST]]:
    """Once for all rules: it takes longer than any of them."""
    return [(name_of(file), node) for file in FILES for node in ast.walk(ast.parse(file.read_text()))]


def breaches(found: Callable[[str, ast.AST], bool]) -> list[str]:
    return [f"{name}:{getattr(node, 'lineno', 0)}" for name, node in parsed() if found(name, node)]


def imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]}
    return set()


def called(node: ast.AST) -> str:
    """The last name of what is called."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def test_no_shell_is_ever_asked() -> None:
    def shell(_: str, node: ast.AST) -> bool:
        if isinstance(node, ast.keyword) and node.arg == "shell":
            return not (isinstance(node.value, ast.Constant) and node.value.value is False)
        by_os = called(node) in {"system", "popen"} and _of_os(node)
        return by_os or called(node) in {"getoutput", "getstatusoutput", "create_subprocess_shell"}

    assert not breaches(shell)


def test_processes_are_started_in_the_named_places_only() -> None:
    def starts(name: str, node: ast.AST) -> bool:
        foreign = imported(node) & {"subprocess", "multiprocessing", "pty"}
        spawns = called(node).startswith(("exec", "spawn", "posix_spawn", "fork")) and isinstance(
            node, ast.Call
        )
        by_os = spawns and isinstance(getattr(node, "func", None), ast.Attribute) and _of_os(node)
        return bool(foreign or by_os) and name not in STARTS_PROCESSES

    assert not breaches(starts)


def _of_os(node: ast.AST) -> bool:
    target = getattr(getattr(node, "func", None), "value", None)
    return isinstance(target, ast.Name) and target.id == "os"


def test_output_goes_to_files_and_not_to_pipes() -> None:
    """A terraform whose pipe breaks dies in the middle of an apply."""

    def pipe(name: str, node: ast.AST) -> bool:
        is_pipe = (
            isinstance(node, ast.Attribute | ast.Name)
            and getattr(node, "attr", getattr(node, "id", "")) == "PIPE"
        )
        captures = isinstance(node, ast.keyword) and node.arg == "capture_output"
        return (is_pipe or captures) and name not in PIPES

    assert not breaches(pipe)


def test_sql_is_spoken_in_the_store_only() -> None:
    def speaks(name: str, node: ast.AST) -> bool:
        named = bool(imported(node) & {"sqlite3", "sqlite_utils"})
        return named and not name.startswith("store/") and name not in SPEAKS_SQL

    assert not breaches(speaks)


def test_every_transaction_that_writes_says_so_when_it_begins() -> None:
    """A plain BEGIN would find out only at its first write that somebody else was faster."""

    def deferred(_: str, node: ast.AST) -> bool:
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            return False
        words = node.value.upper().split()
        begins = words[:1] == ["BEGIN"] and len(words) <= 3
        return begins and words[1:2] not in (["IMMEDIATE"], ["EXCLUSIVE"])

    found = breaches(deferred)
    assert {name.partition(":")[0] for name in found} <= {"store/connection.py"}, (
        found
    )  # of its reading snapshot


def test_what_comes_out_of_yaml_and_pickle_is_data() -> None:
    def loads(_: str, node: ast.AST) -> bool:
        return bool(imported(node) & {"pickle", "shelve", "marshal", "dill"}) or called(node) in {
            "unsafe_load",
            "eval",
            "exec",
        }

    assert not breaches(loads)


def test_files_below_a_tree_are_opened_in_the_named_places_only() -> None:
    def opens(name: str, node: ast.AST) -> bool:
        if called(node) not in OPENING or name in READS_TREES or not isinstance(node, ast.Call):
            return False
        about = [node.func, *node.args]
        names = {n.id for part in about for n in ast.walk(part) if isinstance(n, ast.Name)}
        names |= {n.attr for part in about for n in ast.walk(part) if isinstance(n, ast.Attribute)}
        return bool(names & TREE_NAMES)

    assert not breaches(opens)


@pytest.mark.parametrize("name", [*STARTS_PROCESSES, *SPEAKS_SQL, *READS_TREES, *PIPES])
def test_no_exception_outlives_its_file(name: str) -> None:
    assert (RUNNER / name).is_file()
