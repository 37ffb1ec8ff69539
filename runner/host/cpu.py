"""The CPU that work takes which this thread and processes do that it waits for."""

import resource
import time


def spent() -> float:
    """Seconds, of this thread and of all children that have ended: other threads' children are among them."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.thread_time() + ended.ru_utime + ended.ru_stime
