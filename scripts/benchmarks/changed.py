"""Plans and checks that find a change on AWS, beside what they are without Driftline: init, plan and show."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.clouds import Cloud, Missing, cloud
from benchmarks.commits import Commits
from benchmarks.estate import BARE, Estate
from benchmarks.figure import Figure, Sample, at_most_above, at_most_times, interleaved, skipped
from benchmarks.installation import PERSON, STACK, Installation
from benchmarks.processes import used
from benchmarks.size import Size
from runner.model.run.life import State
from runner.model.warm.provider import Way
from runner.service.operator.request import request_plan

RESOURCES = {"few": 2, "many": 17}
MODULES = "60"


def measure(size: Size, folder: Path) -> Iterator[Figure]:
    folder.mkdir()
    try:
        with cloud(size, folder / "cloud") as there:
            estate = Estate(folder / "estate", there, {"few": there.small, "many": there.large})
            for name, count in RESOURCES.items():
                there.change(name)
                yield from _changed(
                    size, estate, name, f"of {count} {there.title} resources, one changed", new=name == "few"
                )
            estate.close()
            yield from _in_modules(size, folder / "modules", there)
            yield from _pushed(size, folder / "pushed", there)
            yield from _together(size, folder / "together", there)
    except Missing as missing:
        yield skipped("changed plans of AWS resources", str(missing))
    yield _built_in(size, folder)


def _changed(size: Size, estate: Estate, name: str, title: str, *, new: bool) -> Iterator[Figure]:
    """The first plan is compared with a full one; those after it stand alone."""
    bare = partial(estate.bare, name)
    first = used(partial(estate.plan, name), estate.cloud.played_by)
    if new:
        estate.expect_plan(name, Way.COMPARED)
        rival = used(bare, estate.cloud.played_by)
        yield at_most_times(1.3, f"first plan {title}, cpu", Sample((first.cpu,)), Sample((rival.cpu,)), BARE)
    estate.check(name, finds=True)  # the first one is compared for the sake of its code
    for what, call in (("plan", estate.plan), ("check", partial(estate.check, finds=True))):
        yield from _rounds(size, estate, f"{what} {title}", partial(call, name), bare)
        estate.expect_plan(name, Way.PROBED)


def _in_modules(size: Size, folder: Path, there: Cloud) -> Iterator[Figure]:
    name = "modules"
    estate = Estate(folder, there, {name: there.modular[MODULES]}, modular=True)
    there.change(f"{name}{there.in_modules}")
    estate.plan(name)  # the first one is compared
    title = f"plan of {MODULES} {there.title} resources in modules, one changed"
    yield from _rounds(size, estate, title, partial(estate.plan, name), partial(estate.bare, name), 1 / 4)
    estate.expect_plan(name, Way.PROBED)
    estate.close()


def _pushed(size: Size, folder: Path, there: Cloud) -> Iterator[Figure]:
    commits = Commits(folder, there, ["pushed"])
    commits.ours()  # the first one is compared
    title = "from a push that is seen to a plan of 2 resources that awaits approval"
    bare = partial(commits.bare, ["pushed"])
    yield from _rounds(size, commits.estate, title, commits.ours, bare, 1 / 6)
    commits.estate.close()


def _together(size: Size, folder: Path, there: Cloud) -> Iterator[Figure]:
    """Each of them; bare terraform plans only some."""
    names = [f"s{number}" for number in range(size.commit_stacks)]
    some = names[: size.sweep_bare]
    commits = Commits(folder, there, names)
    commits.ours()  # each is initialised, and the first one compared
    title = f"{len(names)} {there.title} stacks changed by one commit, each"
    yield from _rounds(
        size, commits.estate, title, commits.ours, partial(commits.bare, some), 1 / 5, len(names), len(some)
    )
    commits.estate.close()


def _rounds(
    size: Size,
    estate: Estate,
    title: str,
    ours: Callable[[], object],
    bare: Callable[[], object],
    limit: float = 1 / 5,
    *stacks: int,
) -> Iterator[Figure]:
    """`stacks` are those that each side plans, if that is not one."""
    calls = (ours, bare)
    seen = [tuple(used(call, estate.cloud.played_by) for call in calls) for _ in range(size.part(8))]
    for what in ("cpu", "wall"):
        measured, rival = (
            Sample(tuple(getattr(one[side], what) / (stacks or (1, 1))[side] for one in seen))
            for side in (0, 1)
        )
        yield at_most_times(limit, f"{title}, {what}", measured, rival, BARE)


def _built_in(size: Size, folder: Path) -> Figure:
    """A plan that starts no provider can gain nothing by warm ones."""
    code = {"web/main.tf": STACK, "web/stack.yaml": "name: web\n"}
    plans = []
    for providers in ("auto", "plain"):
        installation = Installation(
            folder / f"built-in-{providers}", more=f"plan: {{providers: {providers}}}\n"
        )
        installation.repository.commit(code)
        installation.apply()
        plans.append(partial(_plan, installation))
    measured, rival = interleaved(size.part(2), *(partial(_cpu, plan) for plan in plans))
    return at_most_above(0.02, "plan of a terraform_data, cpu", measured, rival, "plan.providers: plain")


def _plan(installation: Installation) -> None:
    app = installation.app
    request_plan(app.control, app.discoverer, "web", PERSON)
    if (done := installation.work()).state is not State.NO_CHANGES:
        raise RuntimeError(f"{done.name} is {done.state}: {done.reason}")


def _cpu(call: Callable[[], object]) -> float:
    return used(call).cpu
