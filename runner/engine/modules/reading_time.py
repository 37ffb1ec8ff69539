"""The processor time that reading one file may take: several times that of the slowest known megabyte."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from runner.hcl.tokens import NotHcl

T = TypeVar("T")

SECONDS = 5.0


def in_time(parts: Iterable[T]) -> Iterator[T]:
    """The blocks or values of one file; NotHcl once it has used more processor time than a file may."""
    until = time.thread_time() + SECONDS
    for part in parts:
        if time.thread_time() > until:
            raise NotHcl(f"reading it takes more than {SECONDS:g} s")
        yield part
