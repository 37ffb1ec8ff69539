"""The processor time that reading one file may take: several times that of the slowest known megabyte."""

import time
from collections.abc import Iterable, Iterator

from runner.hcl.json_form import Body
from runner.hcl.tokens import NotHcl

SECONDS = 5.0


def in_time(bodies: Iterable[Body]) -> Iterator[Body]:
    """The blocks of one file; NotHcl once it has used more processor time than a file may."""
    until = time.thread_time() + SECONDS
    for body in bodies:
        if time.thread_time() > until:
            raise NotHcl(f"reading it takes more than {SECONDS:g} s")
        yield body
