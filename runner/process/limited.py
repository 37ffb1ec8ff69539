"""Start a program with limits that it cannot raise: python -I -m runner.process.limited SECONDS DATA FILE ARGV...

Only the standard library, so that nothing is imported that the program does not need.
"""

import os
import resource
import sys


def limit(seconds: int, memory: int, file: int) -> None:
    """Of this process and those that it starts; exceeding them ends it."""
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        # Infinity is -1, and nobody may raise a limit.
        finite = [one for one in (most, hard) if one != resource.RLIM_INFINITY]
        allowed = min(finite, default=resource.RLIM_INFINITY)
        resource.setrlimit(what, (allowed, allowed))


if __name__ == "__main__":
    limit(*map(int, sys.argv[1:4]))
    os.execvpe(sys.argv[4], sys.argv[4:], os.environ)  # noqa: S606 -- the engine or scanner that the operator named
