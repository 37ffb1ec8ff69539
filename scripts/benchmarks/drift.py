"""A drift check of an unchanged stack on AWS, beside what it is without Driftline: init, plan and show."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.clouds import Missing, cloud
from benchmarks.commands import DRIFTLINE, compiled, seconds
from benchmarks.estate import BARE, Estate
from benchmarks.figure import Figure, Sample, at_most_above, at_most_times, interleaved, skipped, timed
from benchmarks.installation import Installation
from benchmarks.plan import Bare, Execution, counting_terraform, request_check_of_web
from benchmarks.processes import Used, used
from benchmarks.size import Size
from runner.model.warm.provider import Way

RESOURCES = {"small": 2, "large": 17}
SHARES = {"small": 1 / 30, "large": 1 / 20}  # of bare terraform's CPU
BUILT_IN = 50


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    folder.mkdir()
    try:
        with cloud(size, folder / "cloud") as there:
            estate = Estate(folder / "estate", there, {"small": there.small, "large": there.large})
            for name, count in RESOURCES.items():
                title = f"check of {count} {there.title} resources"
                yield from unchanged(size, estate, name, title, SHARES[name])
                yield whole_command(size, estate, name, f"{title}, whole command, cpu", folder)
            yield _new_provider(size, estate, f"first check of a new {there.title} provider")
            estate.close()
            if there.pointed is not None:
                # Terraform validates the addresses of all services, each time it validates the provider.
                pointed = Estate(
                    folder / "pointed", replace(there, head=there.pointed), {"pointed": there.large}
                )
                title = f"the same of {RESOURCES['large']}, with endpoints in the code"
                yield from unchanged(size, pointed, "pointed", title)
                pointed.close()
    except Missing as missing:
        yield skipped("checks of AWS resources", str(missing))
    yield _built_in(size, folder / "built-in")


def unchanged(size: Size, estate: Estate, name: str, title: str, share: float = 1 / 20) -> Iterator[Figure]:
    """CPU and wall of a check, beside bare terraform: by the providers alone, by a probe, and first in vain."""
    estate.first_check(name)
    yield from _beside(size, estate, name, title, Way.REPLAYED, share)
    vain, alone = _rounds(size, estate, partial(_in_vain, estate, name), partial(_probed, estate, name))
    yield at_most_times(1.15, f"{title}, replayed in vain, cpu", _cpu(vain), _cpu(alone), "a probe alone")
    estate.checks_by("warm")
    yield from _beside(size, estate, name, f"{title} by a probe", Way.PROBED, 1 / 15)
    estate.checks_by("auto")


def _beside(size: Size, estate: Estate, name: str, title: str, way: Way, share: float) -> Iterator[Figure]:
    def check() -> None:
        """Nobody else asks its providers."""
        estate.check(name)
        estate.end_shared()
        estate.expect(name, way)

    if size.warms_up:
        check()
        estate.bare(name)
    ours, bare = _rounds(size, estate, check, partial(estate.bare, name))
    yield at_most_times(share, f"{title}, cpu", _cpu(ours), _cpu(bare), BARE)
    wall, bare_wall = (Sample(tuple(one.wall for one in side)) for side in (ours, bare))
    yield at_most_times(1 / 10, f"{title}, wall", wall, bare_wall, BARE)


def _in_vain(estate: Estate, name: str) -> None:
    estate.spoil_last_answer(name)
    estate.check(name)
    estate.end_shared()
    estate.expect(name, Way.PROBED)


def _probed(estate: Estate, name: str) -> None:
    """It is recorded too."""
    estate.forget_recording(name)
    estate.check(name)
    estate.expect(name, Way.PROBED)


def _cpu(taken: Sequence[Used]) -> Sample:
    return Sample(tuple(one.cpu for one in taken))


def whole_command(size: Size, estate: Estate, name: str, title: str, folder: Path) -> Figure:
    """`driftline drift check` as cron calls it: a process of its own, without a daemon."""
    environment = compiled(folder / "compiled")
    command = (DRIFTLINE, "--config", estate.installation.config, "drift", "check", name)

    def check() -> None:
        seconds(environment, *command)

    check()
    estate.expect(name, Way.REPLAYED)
    ours, bare = _rounds(size, estate, check, partial(estate.bare, name))
    return at_most_times(1 / 15, title, _cpu(ours), _cpu(bare), BARE)


def _new_provider(size: Size, estate: Estate, title: str) -> Figure:
    """Both install it too."""
    name = "small"
    ours, bare = [], []
    for _ in range(size.part(20)):
        estate.forget_provider()
        ours.append(timed(partial(estate.first_check, name)))
        estate.forget_bare_init(name)
        bare.append(timed(partial(estate.bare, name)))
    return at_most_times(1.5, title, Sample(tuple(ours)), Sample(tuple(bare)), BARE)


def _rounds(size: Size, estate: Estate, *calls: Callable[[], object]) -> tuple[tuple[Used, ...], ...]:
    """What each call takes. They take turns; see `interleaved`."""
    besides = estate.cloud.played_by
    seen = [tuple(used(call, besides) for call in calls) for _ in range(size.part(12))]
    return tuple(zip(*seen, strict=True))


def _built_in(size: Size, folder: Path) -> Figure:
    """Terraform's own provider is no process, so nothing can be saved, and little may be lost."""
    folder.mkdir()
    code = f'resource "terraform_data" "one" {{\n  count = {BUILT_IN}\n  input = count.index\n}}\n'
    calls = folder / "calls" / "noted"
    terraform = counting_terraform(folder, calls)
    bare = Bare(folder / "bare", terraform, code)
    visible = f"executor: {{visible: [{calls.parent}]}}\n"
    installation = Installation(folder / "infra", str(terraform), visible)
    installation.repository.commit({"web/main.tf": code, "web/stack.yaml": "name: web\n"})
    installation.apply()
    ours = Execution(installation, request_check_of_web, calls)
    measured, rival = interleaved(size.part(4), ours.seconds, partial(bare.seconds, "-lock=false"))
    installation.app.store.close()
    return at_most_above(
        0.15, f"check of {BUILT_IN} terraform_data", measured, rival, "terraform plan -lock=false"
    )
