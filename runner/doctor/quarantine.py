"""Trees that could not be removed, moved out of runs' reach."""

from collections.abc import Iterator

from runner.doctor.finding import Scene, warn
from runner.foreign.quarantine import Quarantine
from runner.view.finding import Finding

NAMED = 3


def quarantine(scene: Scene) -> Iterator[Finding]:
    """No finding if there are none."""
    left = Quarantine(scene.data_dir).left()
    if left:
        more = f" and {len(left) - NAMED} more" if left[NAMED:] else ""
        names = ", ".join(path.name for path in left[:NAMED])
        yield warn(
            "quarantine",
            f"files left by runs could not be removed yet: {names}{more}",
            f"ls -la {left[0].parent}   then remove them as root; every retention pass tries again",
        )
