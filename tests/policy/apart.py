"""Evaluation by regopy in a process of its own: as the product does it, and many in one process crash the library."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from runner.policy.regopy_process import evaluated as evaluated_here


def evaluated(question: dict[str, Any], document: Any) -> dict[str, Any]:
    """Problem as in the process itself."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        return pool.submit(evaluated_here, question, document).result()
