"""What every crash test stands on: modules whose applies leave a trace, and a terraform that notes what it is handed.

Both are written down where no crash of ours reaches.
"""

import shutil
from collections import Counter
from pathlib import Path
from typing import NamedTuple

CONFIG = """\
data_dir: {root}/data
sources:
  - {{name: infra, url: "{root}/repository", poll: {poll}, allow: {{provisioners: true}}}}
engines:
  terraform: {{binary: {root}/bin/terraform}}
executor: {{slots: {slots}, confine: {confine}, visible: ["{root}/effects", "{root}/applied"]}}
drift: {{schedule: "{drift}", jitter: 1s}}
approvals: {{rules: [{{mode_at_most: automatic}}]}}
"""
STEPS = """\
resource "terraform_data" "step" {{
  count = {steps}
  provisioner "local-exec" {{
    command = "echo {name} ${{count.index}} >> {root}/effects{then}"
  }}
}}
"""
# In front of the real one: which plan file was handed to `apply`, by its content and by whose folder it lies in.
WITNESS = """\
#!/bin/sh
case " $* " in
*" apply "*) for word in "$@"; do case "$word" in *.tfplan) sha256sum "$word" >> {root}/applied ;; esac; done ;;
esac
exec {terraform} "$@"
"""


class Handed(NamedTuple):
    """A plan file that terraform got. Plans that mean the same and were made in one second are the same bytes."""

    run: int
    digest: str


def lay(root: Path, *, slots: int, drift: str, poll: str = "60s", confine: str = "auto") -> Path:
    """The configuration, with a repository that is still to be made."""
    (root / "bin").mkdir(parents=True)
    witness = root / "bin" / "terraform"
    witness.write_text(WITNESS.format(root=root, terraform=shutil.which("terraform")))
    witness.chmod(0o755)
    # A run writes to what is there, and makes nothing beside the data directory.
    for name in ("effects", "applied"):
        (root / name).touch()
    config = config_of(root)
    config.write_text(CONFIG.format(root=root, slots=slots, drift=drift, poll=poll, confine=confine))
    return config


def config_of(root: Path) -> Path:
    return root / "driftline.yaml"


def module(root: Path, name: str, steps: int, then: str = "") -> str:
    """Each commit adds one step, whose making is one line in `effects`."""
    return STEPS.format(root=root, name=name, steps=steps, then=then)


def handed_over(root: Path) -> Counter[Handed]:
    """The plan files that were handed to `apply`, and how often each."""
    shown = (line.split(maxsplit=1) for line in lines(root, "applied"))
    return Counter(Handed(int(Path(path).parent.name), digest) for digest, path in shown)


def lines(root: Path, name: str) -> list[str]:
    """What is written down: `effects`, or `applied`."""
    path = root / name
    return path.read_text().splitlines() if path.exists() else []
