"""What the server takes for its pages and answers: from the request to the last byte, over a connection that is open."""

from collections.abc import Iterator
from functools import partial
from statistics import quantiles

import httpx2

from benchmarks.figure import Figure, Sample, at_most, timed
from benchmarks.size import Size
from benchmarks.web.served import Site

STACK = "team-1/service-1"
SECONDS = 0.12
# What it is -> path.
PLACES = {
    "overview": "/",
    "stack list": "/stacks",
    "stack": f"/stacks/{STACK}",
    "run": "/runs/run-1",
    "/api/v1/status": "/api/v1/status",
    "/api/v1/stacks": "/api/v1/stacks",
}


def measure(size: Size, site: Site) -> Iterator[Figure]:
    with site.client() as client:
        for name, path in PLACES.items():
            get = partial(_get, client, path)
            get()  # to warm up
            times = [timed(get) for _ in range(size.rounds)]
            yield ninety_five(SECONDS, f"web: {name}, {size.history_stacks:,} stacks", times)


def ninety_five(limit: float, name: str, times: list[float], empty: list[float] | None = None) -> Figure:
    """The 95th percentile must not be above the limit; that of an empty page stands beside it, else the median."""
    beside = (Sample(tuple(times)), "the median") if empty is None else (_worst(empty), "an empty page's")
    return at_most(limit, f"{name}, p95", "s", _worst(times), *beside)


def _worst(times: list[float]) -> Sample:
    return Sample((quantiles(times, n=20)[-1] if len(times) > 1 else times[0],))


def _get(client: httpx2.Client, path: str) -> None:
    client.get(path).raise_for_status()
