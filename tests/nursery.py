"""A process that has done nothing but import, whose children the processes of tests are: nothing of the test is theirs."""

import os
import sys
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running

import pytest


@cache
def nursery() -> ForkServerContext:
    """One for all, since a process can have only one; what is not on its path is left out."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["warm", "warm_command", "frozen"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        ensure_running()
    return context
