"""The sandbox of runs: namespaces, system calls, files."""

from collections.abc import Iterator

from runner.doctor.finding import Scene, fail, ok, warn
from runner.sandbox import landlock, namespaced, seccomp
from runner.view.finding import Finding

CHECK = "confinement"
OPEN = "file() in a module reads every file of the daemon's user"
WEAKER = "only Landlock restricts file access, and runs see other processes of this user"
INSTALL = "apt-get install bubblewrap   (dnf, apk and pacman call it bubblewrap too)"
ALLOW = "sysctl kernel.unprivileged_userns_clone user.max_user_namespaces kernel.apparmor_restrict_unprivileged_userns"
NEWER = "use kernel 5.13 or newer that lists landlock in   cat /sys/kernel/security/lsm"


def confinement(scene: Scene) -> Iterator[Finding]:
    yield confinement_verdict(scene.settings.executor.confine, namespaced.problem(), landlock.abi())


def confinement_verdict(wish: str, problem: str | None, abi: int) -> Finding:
    """`problem` is why there are no namespaces, `abi` the kernel's version of Landlock, 0 without it."""
    if wish == "never":
        return warn(CHECK, f"executor.confine is never: {OPEN}", "set executor.confine to auto")
    if problem is None:
        walls = [
            "namespaces",
            *(["system calls"] if seccomp.program() else []),
            *([_landlock(abi)] if abi else []),
        ]
        return ok(CHECK, f"confined by {', '.join(walls)}")
    hint = INSTALL if namespaced.located() is None else ALLOW
    if wish == "required":
        return fail(CHECK, f"no namespaces, so no runs start: {problem}", hint)
    if abi == 0:
        return warn(
            CHECK,
            f"no namespaces ({problem}), and this kernel has no Landlock: {OPEN}",
            f"{hint}   or {NEWER}",
        )
    return warn(CHECK, f"no namespaces ({problem}): {WEAKER} ({_landlock(abi)})", hint)


def _landlock(abi: int) -> str:
    return f"Landlock ABI {abi}"
