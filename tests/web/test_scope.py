"""What a caller may not see is not listed, not counted, not found and not named, whatever they ask."""

import inspect
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cli_world import MODULE, World, begun

from runner.api.answers import Approving, Rejecting
from runner.api.caller import Caller
from runner.api.operation import Operation
from runner.api.scope.reader import HARMLESS, ScopedReader
from runner.api.table import operations
from runner.api.veil import Veil
from runner.errors import DriftlineError
from runner.model.access.access import Access, Binding
from runner.model.approval.approval import Person
from runner.model.events.feed import StackLeft
from runner.ports.records.store import Reader
from runner.view.document import document

CANARY = "7q"
OWN = 3  # the applied run of `app`
UP, DOWN, DEV = "hidden/up-7q", "hidden/down-7q", "hidden/dev-7q"
LATER = "hidden/later-7q"  # in the configuration only
CONFIG = f"""\
promotion:
  - {{name: shop, order: [{DEV}, app, {LATER}], wait: {{clean_check: false}}}}
  - {{name: theirs, order: [{UP}, hidden/other], wait: {{clean_check: false}}}}
"""
ELSEWHERE = "{name: elsewhere, url: /elsewhere}"  # with no stack yet
VISIBLE = Access((Binding("owner", (), ("app",)),))
ALL = Access((Binding("owner", ()),))
READS_UP = MODULE + 'variable "up" {{ default = "" }}\n'
# What operations are given: by the name of the parameter.
GIVEN: dict[str, Any] = {
    "stack": "app",
    "run": OWN,
    "runs": (1, OWN),
    "stacks": ("app",),
    "report": 1,
    "reason": "to see what is said",
    "digest": "0" * 12,
    "name": "shop",
    "request": 1,
    "number": 1,
    "head": "0" * 40,
    "source": "infra",
    "revision": "HEAD",
    "after": 0,
    "until": datetime(2040, 1, 1, tzinfo=UTC),
    "ref": "HEAD",
    "outcome": "failed",
    "lock": "0" * 8,
    "new": "app",
    "older": 1,
    "newer": 1,
    "version": 1,
    "content": "{}",
    "provider": "aws",
    "pool": "eu",
    "worker": "w-1",
    "approving": (Approving(OWN, "0" * 12),),
    "rejecting": (Rejecting(OWN),),
    "resources": ("arn:aws:sqs:eu-west-1:1:x",),
}


def _hidden(world: World) -> None:
    for name in (UP, DEV):
        world.stack(name)
    world.stack(DOWN, "depends_on: [app]\n")
    passed = f"depends_on: [{{stack: {UP}, outputs: {{it: up}}}}]\n"
    world.stack("app", passed, READS_UP)
    for name in (UP, DEV, "app"):
        world.applied(name)
    world.stack(DEV, "parallelism: 2\n")
    world.stack("app", passed + "parallelism: 3\n", READS_UP)
    world.cloud.write_text("changed by hand\n")
    world.run("drift", "check", "--all", expect=2)
    world.run("plan", UP, expect=None)
    world.run("lock", "take", UP, "--reason", f"{DOWN} is moved")
    world.run("pause", DOWN, "--reason", f"{UP} is moved")


@dataclass(frozen=True)
class Asked:
    world: World
    access: Access

    def caller(self) -> Caller:
        return Caller(self.world.app, lambda: Person("vic", "token"), self.access, "vic")

    def told(self, operation: Operation[..., Any], **more: Any) -> str:
        """Whatever comes back, an answer or a refusal."""
        required = {
            name: GIVEN[name]
            for name, one in operation.parameters.items()
            if one.default is inspect.Parameter.empty
        }
        try:
            answer = operation(self.caller(), **(required | more))
        except DriftlineError as error:
            return f"{error.message} {error.hint} {error.facts}"
        return answer if isinstance(answer, str) else json.dumps(document(answer), default=str)


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    world = begun(tmp_path, _hidden, config=CONFIG)
    configured = world.config.read_text()
    world.config.write_text(configured.replace("sources:\n", f"sources:\n  - {ELSEWHERE}\n"))
    return Asked(world, VISIBLE)


def test_no_answer_names_a_stack_that_the_caller_may_not_see(asked: Asked) -> None:
    told = {one.name: asked.told(one) for one in sorted(operations(), key=lambda one: one.method)}
    assert {name for name, text in told.items() if CANARY in text} == set()
    assert '"stack": "app"' in told["show_run"]  # else it was told of no run
    everything = Asked(asked.world, ALL)
    named = {one.name for one in operations() if one.method == "GET" and CANARY in everything.told(one)}
    # Else nothing was there to be hidden.
    assert named >= {"list_stacks", "show_stack", "show_status", "list_runs", "list_locks", "list_promotions"}


def test_a_stack_that_one_may_not_see_is_as_one_that_is_not_there(asked: Asked) -> None:
    by = {
        "stack": (UP, "hidden/never"),
        "run": (1, 999),
        "report": (_report_of(asked, UP), 999),
        "to": (DEV, "hidden/never"),
        "stacks": (("app", UP), ("app", "hidden/never")),
        "runs": ((OWN, 1), (OWN, 999)),
        "source": ("elsewhere", "never"),
    }
    cases = [(one, name) for one in operations() for name in by if name in one.parameters]
    for one, name in cases:
        hidden, absent = by[name]
        told = [asked.told(one, **{name: value}) for value in (hidden, absent)]
        for word, other in _pairs(hidden, absent):
            told[0] = told[0].replace(word, other)
        assert told[0] == told[1], one.name


def test_a_promotion_whose_stages_one_may_not_see_is_not_there(asked: Asked) -> None:
    for operation in ("show_promotion", "show_next_stage"):
        told = [asked.told(_named(operation), name=name) for name in ("theirs", "never")]
        assert told[0].replace("theirs", "never") == told[1]


def test_the_next_stage_is_one_that_the_caller_sees(asked: Asked) -> None:
    next_stage = _named("show_next_stage")
    asked.world.stack(LATER)
    asked.world.run("source", "sync", "infra")
    told = [one.told(next_stage) for one in (Asked(asked.world, ALL), asked)]
    assert told[0] == LATER
    assert told[1].startswith("no stage of promotion shop waits for another")


def test_what_is_not_seen_is_not_counted(asked: Asked) -> None:
    page = json.loads(asked.told(_named("show_status")))
    assert page["stacks"]["total"] == 1
    assert [one["name"] for one in json.loads(asked.told(_named("list_stacks")))] == ["app"]
    assert {one["stack"] for one in json.loads(asked.told(_named("list_runs")))} == {"app"}


def test_a_source_whose_stacks_one_may_not_see_is_not_there(asked: Asked) -> None:
    stranger = Asked(asked.world, Access((Binding("operator", (), ("never/**",)),)))
    assert stranger.told(_named("sources_to_poll")) == "[]"
    told = [stranger.told(_named("poll_source"), source=name) for name in ("infra", "infrx")]
    assert told[0].replace("infra", "infrx") == told[1]


def test_a_poll_counts_the_stacks_that_one_sees(asked: Asked) -> None:
    operator = Asked(asked.world, Access((Binding("operator", (), ("app",)),)))
    assert json.loads(operator.told(_named("poll_source")))["stacks"] == 1


def test_a_poll_that_finds_nothing_new_counts_them_too(asked: Asked) -> None:
    everybody = Asked(asked.world, Access((Binding("admin", ()),)))
    polls = [json.loads(everybody.told(_named("poll_source"))) for _ in range(2)]
    sources = json.loads(everybody.told(_named("list_sources")))
    count = next(one["stacks"] for one in sources if one["name"] == polls[0]["source"])
    assert (polls[1]["moved"], count > 1) == (False, True)
    assert [poll["stacks"] for poll in polls] == [count] * 2


def test_a_follower_goes_on_behind_what_they_may_not_see(asked: Asked) -> None:
    app = asked.world.app
    with app.store.reading() as reader:
        before = reader.events_head()
    with app.store.writing() as writer:
        writer.emit("stack.missing", UP, StackLeft(UP))
    page = json.loads(asked.told(_named("next_events"), after=before))
    assert (page["events"], page["position"]) == ([], before + 1)


def test_facts_about_a_visible_stack_are_right_and_name_another_stack(asked: Asked) -> None:
    page = json.loads(asked.told(_named("show_stack")))
    assert page["depends_on"] == ["another stack"]
    assert "another stack" in page["reason"]


def test_a_role_for_all_stacks_leaves_nothing_out(asked: Asked) -> None:
    everything = Asked(asked.world, ALL)
    assert len(json.loads(everything.told(_named("list_stacks")))) == 4


def test_every_method_of_the_records_is_scoped_or_harmless() -> None:
    methods = {name for name in dir(Reader) if not name.startswith("_")}
    own = {name for kind in ScopedReader.__mro__ for name in vars(kind) if not name.startswith("_")}
    assert methods <= own | {"_is_protocol"}
    for name in methods - {"unscoped", "sees", "sees_source"}:
        body = inspect.getsource(getattr(ScopedReader, name))
        narrowed = any(
            word in body for word in ("sees", "_only", "self.run(", "_among", "_keyed", "_shows", "_audit")
        )
        empty = "self.whole" not in body
        assert narrowed or empty or name in HARMLESS, name
        assert not (narrowed and name in HARMLESS), name


def test_a_name_is_taken_out_only_where_it_stands_as_a_whole() -> None:
    veil = Veil(["app", "prod/db"])
    assert veil.over("waits for app, and prod/db.") == "waits for another stack, and another stack."
    assert veil.over("my-app, app/web, aws_instance.app, prod/app and app.tf stay") == (
        "my-app, app/web, aws_instance.app, prod/app and app.tf stay"
    )


def _pairs(hidden: object, absent: object) -> list[tuple[str, str]]:
    if isinstance(hidden, tuple) and isinstance(absent, tuple):
        return [(str(one), str(other)) for one, other in zip(hidden, absent, strict=True)]
    return [(str(hidden), str(absent))]


def _named(name: str) -> Operation[..., Any]:
    return next(one for one in operations() if one.name == name)


def _report_of(asked: Asked, stack: str) -> int:
    with asked.world.app.store.reading() as reader:
        report = reader.current_report(stack)
    assert report is not None
    return report.id
