"""What the code of a run tries against the daemon, other runs and its own terraform, from behind the wall."""

import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from engine_world import World, needs_namespaces, wait_until

from runner.datadir.claims import FileClaims, HeldFiles
from runner.host.clock import SystemClock
from runner.model.sandbox.namespace import View
from runner.ports.engine import Execution
from runner.process.run import Child, Command, make_output, run, start

pytestmark = needs_namespaces


def command(world: World, execution: Execution, script: str, name: str = "plan") -> Command:
    """As terraform of the command `name` would be started, or what it starts."""
    return Command(
        argv=(sys.executable, "-c", dedent(script)),
        cwd=execution.workspace.scratch,
        env={"PATH": os.environ["PATH"], "HOME": str(execution.workspace.scratch)},
        stdout=execution.workspace.control / "out",
        stderr=execution.workspace.control / "err",
        confine=world.engine.sessions.sandbox_policy(world.engine.sessions.handed()).around(
            execution, Path(sys.executable), (), name
        ),
        lock=execution.claim.lock if execution.claim else None,
    )


def tries(world: World, script: str, name: str = "plan", execution: Execution | None = None) -> str:
    """What the script printed; it does not fail."""
    made = command(world, execution or world.execution(), script, name)
    finished = run(made)
    assert finished.exit_code == 0, made.stderr.read_text()
    return made.stdout.read_text()


@pytest.fixture
def claim(world: World) -> Iterator[HeldFiles]:
    held = FileClaims(world.folder, SystemClock()).take(world.run + 1, "state")
    assert held is not None
    yield held
    held.release()


CALLS = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    done = libc.syscall(number, *arguments)
    print("done" if done >= 0 else errno.errorcode[ctypes.get_errno()])
"""
X86 = pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of these calls are of x86-64")


@X86
@pytest.mark.parametrize(
    ("what", "call"),
    [
        ("stop its parent and write into it", "call(101, 16, os.getppid(), 0, 0)"),
        ("write into its parent's memory", "call(311, os.getppid(), None, 0, None, 0, 0)"),
        ("limit another process", "call(302, os.getppid(), 0, None, None)"),
        ("slow its user down", "call(141, 2, 0, 19)"),
        ("pin another process", "call(203, os.getppid(), 8, b'x' * 8)"),
        ("make namespaces", "call(272, 0x10000000)"),
        ("clone into namespaces", "call(56, 0x10000011, None, None, None, None)"),
        ("mount", "call(165, b'x', b'/', b'tmpfs', 0, None)"),
        ("go round the filter by io_uring", "call(425, 1, None)"),
        ("read the keys of its user", "call(250, 0, -4, 1)"),
        ("load a program into the kernel", "call(321, 0, None, 0)"),
        ("type on a terminal", "call(16, 0, 0x5412, b'x')"),
    ],
)
def test_a_run_cannot(world: World, what: str, call: str) -> None:
    assert tries(world, CALLS + call).strip() == "EPERM"


def test_a_run_cannot_write_into_its_own_terraform_through_proc(world: World) -> None:
    shown = tries(
        world,
        """
        import os
        for who in ("self", os.getppid(), 1):
            for name in ("mem", "fd", "oom_score_adj"):
                try:
                    os.open(f"/proc/{who}/{name}", os.O_RDWR)
                    print("open")
                except OSError as error:
                    print(error.strerror)
        print(os.listdir("/proc/1"))
        """,
    )
    assert "open" not in shown.split()
    assert shown.endswith("[]\n")


def test_a_run_sees_no_process_but_its_own(world: World) -> None:
    shown = tries(world, "import os; print(*(name for name in os.listdir('/proc') if name.isdigit()))")
    assert len(shown.split()) <= 3


def test_a_run_inherits_nothing_but_its_output(world: World, claim: HeldFiles) -> None:
    shown = tries(
        world,
        "import os; print(*(f for f in os.listdir('/proc/self/fd') if int(f) > 2 and os.path.exists(f'/proc/self/fd/{f}')))",
        execution=world.execution(claim=claim),
    )
    assert shown.split() == []


def test_a_run_has_no_terminal(world: World) -> None:
    ours, theirs = pty.openpty()
    try:
        shown = tries(
            world,
            f"""
            import os
            for path in ("/dev/tty", "/dev/console", "/dev/ptmx", {os.ttyname(theirs)!r}):
                try:
                    print(os.ttyname(os.open(path, os.O_RDWR)))
                except OSError as error:
                    print("none")
            print(os.listdir("/dev/pts"))
            """,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    # A pair of its own it may make, and nobody sees that.
    assert [shown.splitlines()[number] for number in (0, 1, 3)] == ["none"] * 3


def test_a_run_reaches_no_service_of_the_machine(world: World) -> None:
    assert set(tries(world, "import os; print(*os.listdir('/run'))").split()) <= {
        "systemd",
        "resolvconf",
        "NetworkManager",
        "nscd",
    }


def test_the_machine_is_read_only_and_what_is_private_is_limited(world: World) -> None:
    private = f"/tmp/{os.urandom(8).hex()}"  # nobody else's
    shown = tries(
        world,
        f"""
        for path, size in (("/etc/x", 1), ("/usr/x", 1), ("/dev/x", 1), ("{private}", 300 << 20), ("/dev/shm/x", 300 << 20)):
            try:
                with open(path, "wb") as file:
                    for _ in range(0, size, 1 << 20):
                        file.write(bytes(min(size, 1 << 20)))
                print("written")
            except OSError as error:
                print(error.errno)
        """,
    )
    assert shown.split() == ["30", "30", "30", "28", "28"]
    assert not Path(private).exists()


def test_a_plan_cannot_change_the_state_and_an_apply_can(world: World) -> None:
    execution = world.execution()
    state = execution.workspace.state
    assert state is not None
    state.write_text("as it was")
    script = f"""
        import os
        for act in (lambda: open({str(state)!r}, "w").write("evil"), lambda: os.unlink({str(state)!r}),
                    lambda: os.chmod({str(state)!r}, 0), lambda: open({str(state.parent / "x")!r}, "w")):
            try:
                act()
                print("done")
            except OSError as error:
                print(error.errno)
        """
    for name in ("init", "plan", "probe", "show"):
        assert tries(world, script, name, execution).split() == ["30"] * 4
    assert state.read_text() == "as it was"
    assert "done" in tries(world, script, "apply", execution)


def test_what_a_run_left_running_is_gone_before_its_end_is_known(world: World) -> None:
    execution = world.execution()
    script = """
        import os, time
        reading, writing = os.pipe()
        for _ in range(5):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.write(writing, b"x")
                    os.closerange(0, 10)
                    time.sleep(1000)
                os._exit(0)
        print(len([os.read(reading, 1) for _ in range(5)]))
        """
    assert tries(world, script, execution=execution).strip() == "5"
    assert living(dedent(script)) == 0


def living(script: str) -> int:
    """The processes of this machine that run the script."""
    found = 0
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += script.encode() in file.read_bytes()
        except OSError:
            continue
    return found


# Claims


WAITS = """
import fcntl, os, time
for name in os.listdir("/proc/self/fd"):
    try:
        fcntl.flock(int(name), fcntl.LOCK_UN)
        os.write(int(name), b"\\xff")
    except OSError:
        pass
print("waiting", flush=True)
time.sleep(1000)
"""


@pytest.fixture
def waiting(world: World, claim: HeldFiles) -> Iterator[Child]:
    """A plan under the claim that has tried to let go of it, and goes on."""
    execution = world.execution(claim=claim)
    made = command(world, execution, WAITS)
    make_output(made)
    child = start(made)
    wait_until(lambda: "waiting" in made.stdout.read_text(errors="replace"), "it runs")
    yield child
    child.end()


def test_a_run_cannot_let_go_of_its_claim(world: World, claim: HeldFiles, waiting: Child) -> None:
    claim.hand_over()
    assert claim.running()
    assert FileClaims(world.folder, SystemClock()).take(99, "state") is None


def test_what_is_left_of_a_dead_daemon_is_asked_to_end_and_then_over(
    world: World, claim: HeldFiles, waiting: Child
) -> None:
    claim.release()
    claims = FileClaims(world.folder, SystemClock())
    assert claims.alive(claim.claim)
    assert [left.run for left in claims.leftovers()] == [f"run-{world.run}"]
    assert claims.end_orphans(claim.claim) > 0
    assert not claims.alive(claim.claim)


def test_the_claim_is_held_while_anything_inside_lives(
    world: World, claim: HeldFiles, waiting: Child
) -> None:
    claim.release()
    waiting.leader.kill()
    waiting.leader.wait()
    claims = FileClaims(world.folder, SystemClock())
    assert claims.alive(claim.claim)
    (left,) = claims.leftovers()
    assert claims.end_leftover(left) == 1
    wait_until(lambda: not claims.alive(claim.claim), "it is over")
    again = claims.take(99, "state")
    assert again is not None
    again.release()


def test_the_view_of_a_plan_is_small(world: World) -> None:
    view = world.engine.sessions.sandbox_policy(world.engine.sessions.handed()).around(
        world.execution(), Path(sys.executable), (), "plan"
    )
    assert isinstance(view, View)
    assert len(view.mounts) < 40
