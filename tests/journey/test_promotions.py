"""Promotion on real git and terraform: a commit walks from stage to stage only as far as it may, and so does its revert."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from beginnings import Beginnings
from world import ANA, BO, World

from runner.errors import PromotionWaits
from runner.model.promotion.advance import Advance
from runner.model.run.life import Run, State
from runner.service.operator.request import request_check, request_plan
from runner.view.facts import all_stacks
from runner.view.promotion import promotion_pages

CONFIG = """\
promotion:
  - {name: shop, order: [dev, stage, prod], wait: {soak: 1h}}
"""
MODULE = 'variable "size" {{}}\nresource "terraform_data" "shop" {{\n  input = "{value} ${{var.size}}"\n}}\n'
ROOT = 'module "shop" {{\n  source = "../modules/shop"\n  size   = "{size}"\n}}\n'


class Shop(World):
    """The same module in three stages, of which the first one is planned."""

    def begin(self) -> None:
        stages = ("dev", "stage", "prod")
        files = {f"{name}/stack.yaml": f"name: {name}\n" for name in stages}
        self.commit_files({**files, **{f"{name}/main.tf": ROOT.format(size=name) for name in stages}})
        self.release("one")
        assert self.planned() == ["dev"]

    def release(self, value: str) -> str:
        """A commit that concerns every stage; what is planned then."""
        return self.arrives({"modules/shop/main.tf": MODULE.format(value=value)})

    def arrives(self, files: dict[str, str]) -> str:
        revision = self.commit_files(dict(files))
        self.poll()
        return revision

    def planned(self) -> list[str]:
        """The stacks that are planned now by themselves."""
        return [run.stack for run in self.work() if run.state is State.AWAITING_APPROVAL]

    def accept(self) -> Run:
        """Approve and apply what waits."""
        (waiting,) = self.runs(states=frozenset({State.AWAITING_APPROVAL}))
        self.approve(waiting)
        (done,) = self.work()
        assert done.state is State.APPLIED
        return done

    def check(self, name: str) -> None:
        request_check(self.app.control, [name], ANA)
        self.work()

    def plan(self, name: str, advance: Advance | None = None, ref: str | None = None) -> Run:
        return request_plan(self.app.control, self.app.discoverer, name, ANA, ref=ref, advance=advance)

    def waits(self, name: str) -> str:
        """As `driftline promote` shows it."""
        app = self.app
        with app.store.reading() as reader:
            stacks = all_stacks(reader, app.settings, app.clock, None)
            (page,) = promotion_pages(reader, app.settings.promotion, stacks, reader.sees)
        return next(stage.waits for stage in page.stages if stage.stack == name)


def with_a_promotion(root: Path) -> Shop:
    return Shop(root, CONFIG)


@pytest.fixture
def shop(beginnings: Beginnings) -> Iterator[Shop]:
    with beginnings.lent(Shop.begin, with_a_promotion) as shop:
        yield shop


def test_a_commit_and_its_revert_walk_only_as_far_as_they_may(shop: Shop) -> None:
    shop.accept()
    assert shop.planned() == []  # it soaks
    with pytest.raises(PromotionWaits, match="waits for promotion shop: dev soaks until ") as refused:
        shop.plan("stage")
    assert refused.value.hint == "driftline promote shop --to stage -m REASON"

    shop.age(hours=2)
    assert shop.planned() == []  # nobody has looked since
    shop.check("dev")
    assert [run.stack for run in shop.runs(states=frozenset({State.AWAITING_APPROVAL}))] == ["stage"]
    first = shop.accept().revision
    assert shop.planned() == []
    assert shop.waits("prod").startswith("waits for promotion shop: stage soaks until ")
    assert shop.waits("stage") == ""

    # A newer commit begins again at the first stage. The last one still gets the older revision by its name.
    second = shop.release("two")
    assert shop.planned() == ["dev"]
    shop.age(hours=2)
    shop.check("stage")
    assert shop.planned() == []
    for ref in (None, second):
        with pytest.raises(PromotionWaits, match=f"stage has not applied {second[:12]} yet"):
            shop.plan("prod", ref=ref)
    assert shop.plan("prod", ref=first).revision == first
    (planned,) = [run for run in shop.work() if run.stack == "prod"]
    shop.approve(planned, BO)  # who chose the revision may not
    shop.work()
    assert shop.look("prod").applied_revision == first

    # The revert of a commit that only the first stage has.
    (waiting,) = shop.runs(states=frozenset({State.AWAITING_APPROVAL}))
    shop.approve(waiting)
    shop.work()
    shop.release("one")
    assert shop.planned() == ["dev"]  # the others are as it says
    assert shop.planned() == []


def test_a_commit_that_renames_a_stage_does_not_take_it_out_of_its_promotion(shop: Shop) -> None:
    shop.plan("stage", Advance("begin", straight=True))
    shop.work()
    waiting = shop.runs(stack="stage", states=frozenset({State.AWAITING_APPROVAL}))
    shop.approve(waiting[0])
    shop.work()
    renamed = shop.arrives({"stage/stack.yaml": "name: free\nrenamed_from: stage\n"})
    assert shop.look("free").renamed_from == "stage"

    def refused(ref: str | None) -> None:
        with pytest.raises(PromotionWaits, match="free was its stage stage; correct the order"):
            shop.plan("free", ref=ref)

    refused(renamed)
    shop.release("two")
    assert "free" not in shop.planned()
    refused(None)


def test_a_commit_for_one_stage_alone_and_words_of_people(shop: Shop) -> None:
    shop.accept()
    with pytest.raises(PromotionWaits, match="stage has not been applied yet") as refused:
        shop.plan("prod", Advance("quick"))
    assert "driftline plan prod --straight -m REASON" in refused.value.hint

    # A person skips the soak, and it is written down.
    early = shop.plan("stage", Advance("the shop is closed today"))
    assert early.reason == "promoted early: the shop is closed today"
    shop.work()
    shop.accept()
    straight = shop.plan("prod", Advance("hotfix", straight=True))
    assert straight.reason == "promoted straight: hotfix"
    shop.work()
    shop.accept()
    with shop.app.store.reading() as reader:
        found = [one for one in reversed(reader.audit()) if one.action.startswith("promotion.")]
    assert [(one.action, one.actor, one.subject) for one in found] == [
        ("promotion.advance", "ana", "stage"),
        ("promotion.straight", "ana", "prod"),
    ]

    # The stages before need no apply for this, and have soaked.
    shop.age(hours=2)
    for name in ("dev", "stage"):
        shop.check(name)
    shop.arrives({"prod/main.tf": ROOT.format(size="large")})
    assert shop.planned() == ["prod"]


def test_a_commit_moves_the_stages_whose_inputs_it_changes(plain: World) -> None:
    """One root module, and a var file for each stage outside of it."""

    def moved_by(name: str, text: str) -> dict[str, int | None]:
        plain.commit_files({name: text})
        plain.poll()
        with plain.app.store.reading() as reader:
            records = reader.stage_records(["dev", "prod"])
        return {stage: record.moved for stage, record in records.items()}

    stages = "".join(
        f"---\nname: {name}\npath: ../shop\nvar_files: [{name}.tfvars]\n" for name in ("dev", "prod")
    )
    code = 'variable "size" {}\nresource "terraform_data" "it" {\n  input = var.size\n}\n'
    plain.commit_files({"shop/main.tf": code, "env/dev.tfvars": "", "env/prod.tfvars": ""})
    assert moved_by("env/stack.yaml", stages) == {"dev": 1, "prod": 1}
    assert moved_by("env/dev.tfvars", 'size = "m"\n') == {"dev": 2, "prod": 1}
    assert moved_by("README.md", "for people\n") == {"dev": 2, "prod": 1}
    assert moved_by("env/stack.yaml", f"{stages}labels: {{env: prod}}\n") == {"dev": 2, "prod": 1}
    assert moved_by("shop/main.tf", f"{code}# more\n") == {"dev": 5, "prod": 5}
