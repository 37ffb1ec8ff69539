"""What `inside_x86_64.s` does, on other machines: the first program inside a run's namespaces.

    python -I -S inside.py STATUS SELF RULES RIGHTS FOLDER... "" PROGRAM [ARGUMENT...]

Only the standard library, and little of it.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Sequence

if __name__ == "__main__":
    # Isolated mode knows no installed packages.
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from runner.sandbox import landlock

IGNORED = (
    signal.SIGPIPE,
    signal.SIGXFSZ,
)  # by Python; ignored signals stay ignored in the program that follows


def main(status: int, rules: int, rights: int, folders: Sequence[str], argv: list[str]) -> None:
    os.write(status, b"+")
    try:
        if rules:
            for folder in folders:
                landlock.allow(rules, folder, rights)
            landlock.restrict(rules)
            os.close(rules)
        for number in IGNORED:
            signal.signal(number, signal.SIG_DFL)
        os.set_inheritable(status, False)
        os.execv(argv[0], argv)  # noqa: S606 - built by code
    except OSError as error:
        with contextlib.suppress(OSError):
            os.write(status, bytes([error.errno or 0]))
    os._exit(127)


if __name__ == "__main__":
    end = sys.argv.index("")
    main(int(sys.argv[1]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:end], sys.argv[end + 1 :])
