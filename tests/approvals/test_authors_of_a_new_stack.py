"""Who wrote a stack that was never applied may not approve it, whatever was committed after."""

import textwrap
from collections.abc import Mapping
from dataclasses import replace

import pytest
from git import Git
from world import DATA, World

from runner.errors import NotAllowed
from runner.model.approval.approval import Person
from runner.model.run.life import Run, State

MAIN = DATA.format(value="one")
CALLS = MAIN + 'module "m" {\n  source = "../modules/m"\n}\n'


def git(world: World, who: str, *words: str) -> None:
    people = ("-c", f"user.name={who}", "-c", f"user.email={who}@example.com")
    Git(world.repository).execute(["git", *people, *words])


def commit(world: World, who: str, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = world.repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    git(world, who, "add", "--all", ".")
    git(world, who, "commit", "--quiet", "--allow-empty", "-m", f"by {who}")


def planned(world: World) -> Run:
    world.poll()
    (run,) = world.work()
    assert run.state is State.AWAITING_APPROVAL, run
    return run


def refused(world: World, run: Run, *people: str) -> None:
    for name in people:
        with pytest.raises(NotAllowed, match="the author or committer of a change"):
            world.approve(run, Person(name, "user"))


def approved(world: World, run: Run, name: str) -> None:
    assert world.approve(run, Person(name, "user")).state is State.APPROVED


NEW = {"web/stack.yaml": "name: web\n", "web/main.tf": MAIN}


def test_its_author_does_not_approve_it_behind_the_merge_of_somebody_else(plain: World) -> None:
    commit(plain, "carl", {"README": "carl once wrote this\n"})
    git(plain, "root", "checkout", "--quiet", "-b", "new")
    commit(plain, "root", NEW)
    git(plain, "bob", "checkout", "--quiet", "main")
    git(plain, "bob", "merge", "--quiet", "--no-ff", "-m", "merge", "new")
    run = planned(plain)
    refused(plain, run, "root", "bob")
    approved(plain, run, "carl")


def test_an_author_cannot_approve_after_another_persons_next_commit(plain: World) -> None:
    commit(plain, "root", NEW)
    commit(plain, "bob", {"web/main.tf": MAIN + "# more\n"})
    run = planned(plain)
    refused(plain, run, "root", "bob")
    approved(plain, run, "dan")


@pytest.mark.parametrize(
    ("by_root", "by_bob"),
    [
        ({"modules/m/main.tf": MAIN}, {**NEW, "web/main.tf": CALLS}),
        ({"modules/n/main.tf": MAIN}, {**NEW, "web/main.tf": CALLS, "modules/m/main.tf": CALLS.replace("../modules/m", "../n")}),
        ({"shared.tfvars": ""}, {**NEW, "web/stack.yaml": "name: web\nvar_files: [../shared.tfvars]\n"}),
        ({"files/deep/x.json": "{}"}, {**NEW, "web/stack.yaml": "name: web\nwatch: [../files/**/*.json]\n"}),
        ({"web/files/page.html": "x"}, NEW),
        ({"defs/stack.yaml": "name: web\npath: ../web\n"}, {"web/main.tf": MAIN}),
    ],
    ids=["module", "module of a module", "var file", "watched", "below its folder", "definition"],
)  # fmt: skip
def test_who_wrote_what_it_is_planned_from_is_its_author(
    plain: World, by_root: dict[str, str], by_bob: dict[str, str]
) -> None:
    commit(plain, "root", by_root)
    commit(plain, "bob", by_bob)
    run = planned(plain)
    refused(plain, run, "root")
    approved(plain, run, "carl")


def test_with_unknown_reads_every_author_of_the_repository_counts(
    plain: World,
) -> None:
    commit(plain, "root", {"shared/x": "x"})
    hidden = 'locals { it = file(replace("AA/shared/x", "AA", "..")) }\n'
    commit(plain, "bob", {**NEW, "web/more.tf": hidden})
    refused(plain, planned(plain), "root")


def test_who_wrote_what_a_link_in_it_leads_to_is_its_author(plain: World) -> None:
    commit(plain, "root", {"common/page.html": "x"})
    (plain.repository / "web").mkdir()
    (plain.repository / "web" / "page.html").symlink_to("../common/page.html")
    commit(plain, "bob", NEW)
    refused(plain, planned(plain), "root")


def test_since_it_was_applied_only_later_commits_count(plain: World) -> None:
    commit(plain, "root", NEW)
    run = planned(plain)
    approved(plain, run, "ana")
    plain.work()
    commit(plain, "bob", {"web/main.tf": DATA.format(value="two")})
    run = planned(plain)
    refused(plain, run, "bob")
    approved(plain, run, "root")


def test_where_the_applied_revision_is_gone_all_that_ever_touched_it_count(plain: World) -> None:
    commit(plain, "root", NEW)
    approved(plain, planned(plain), "ana")
    plain.work()
    commit(plain, "bob", {"web/main.tf": DATA.format(value="two")})
    plain.app.worker.ports = replace(plain.app.worker.ports, git=Forgetful(plain.app.git))  # type: ignore[arg-type]
    run = planned(plain)
    refused(plain, run, "bob", "root")
    approved(plain, run, "carl")


class Forgetful:
    """A mirror that was made again after the history was rewritten."""

    def __init__(self, git: object) -> None:
        self.git = git

    def __getattr__(self, name: str) -> object:
        return getattr(self.git, name)

    def has(self, *_: object) -> bool:
        return False
