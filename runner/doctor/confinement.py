"""Whether the kernel keeps a run to the files that are its own."""

from collections.abc import Iterator

from runner import landlock
from runner.doctor.finding import Finding, Scene, fail, ok, warn

CHECK = "confinement"
OPEN = "file() in a module reads every file of the daemon's user"
NEWER = "use a kernel from 5.13 on with landlock in   cat /sys/kernel/security/lsm"


def confinement(scene: Scene) -> Iterator[Finding]:
    yield confinement_verdict(scene.settings.executor.confine, landlock.abi())


def confinement_verdict(wish: str, abi: int) -> Finding:
    """`abi` is the kernel's version of Landlock, 0 where it has none."""
    if wish == "never":
        return warn(CHECK, f"executor.confine is never: {OPEN}", "set executor.confine to auto")
    if abi == 0:
        tell = fail if wish == "required" else warn
        told = "so no run is started" if wish == "required" else OPEN
        return tell(CHECK, f"this kernel has no Landlock: {told}", NEWER)
    if abi < 6:
        return ok(CHECK, f"confined (Landlock ABI {abi}; from 6 on signals to others are refused as well)")
    return ok(CHECK, f"confined (Landlock ABI {abi})")
