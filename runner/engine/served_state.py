"""A managed state that Driftline serves to runs on other hosts, as terraform's `http` backend.

The code has no backend block, so a file of ours adds one, without settings: those are in the environment, which neither a
plan file nor the record of `init` repeats. So plan and apply of one run may have different passwords.
"""

from pathlib import Path

from runner.host.files import read_foreign, write_whole
from runner.model.state.served import ServedState

# An override is merged behind everything else, whatever the files of the code are called.
FILE = "driftline_state_override.tf"
CONTENT = b'terraform {\n  backend "http" {}\n}\n'
PREFIX = "TF_HTTP_"


def put_backend(module: Path) -> None:
    """Before each command: whoever restores the exported tree meanwhile removes a file that is not in Git."""
    file = module / FILE
    try:
        if read_foreign(file, len(CONTENT)) == CONTENT:
            return
    except OSError:
        pass
    write_whole(file, CONTENT, durable=False)


def variables(of: ServedState) -> dict[str, str]:
    return {
        f"{PREFIX}ADDRESS": of.address,
        f"{PREFIX}UPDATE_METHOD": "POST",
        f"{PREFIX}LOCK_ADDRESS": of.address,
        f"{PREFIX}LOCK_METHOD": "LOCK",
        f"{PREFIX}UNLOCK_ADDRESS": of.address,
        f"{PREFIX}UNLOCK_METHOD": "UNLOCK",
        f"{PREFIX}USERNAME": of.username,
        f"{PREFIX}PASSWORD": of.password,
    }
