"""The first program inside a run's namespaces: it takes the last rights from itself, and becomes the run's own program.

    python -I -S inside.py DESCRIPTOR PATHS PROGRAM [ARGUMENT...]

PATHS is a JSON list of what may be written; the rest may be read. What went wrong before PROGRAM was there is written to
DESCRIPTOR, behind a plus sign that says that the namespaces stand. Only the standard library, and little of it.
"""

import contextlib
import json
import os
import signal
import sys

if __name__ == "__main__":
    # Isolated mode knows no installed packages.
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from runner import landlock

IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)  # by Python; what is ignored stays so in a program that follows


def main(told: int, writable: list[str], argv: list[str]) -> None:
    os.write(told, b"+")
    try:
        if landlock.abi():
            with landlock.ruleset(["/"], writable) as rules:
                landlock.restrict(rules)
        for number in IGNORED:
            signal.signal(number, signal.SIG_DFL)
        os.set_inheritable(told, False)
        os.environ.pop("PWD", None)  # bubblewrap's own addition
        os.execve(argv[0], argv, os.environ)  # noqa: S606 - built by code
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        with contextlib.suppress(OSError):
            os.write(told, str(error).encode())
    os._exit(127)


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:])
