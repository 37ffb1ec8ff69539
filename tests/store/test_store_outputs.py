"""What the records know of outputs: by digest, for as long as it is true."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from store_world import HandClock, discovered, opened, run_in

from runner.model.outputs.known import SeenOutputs
from runner.model.outputs.remote import RemoteRead
from runner.model.outputs.taken import Mark
from runner.model.run.life import State
from runner.model.stack.definition import StateIdentity, Upstream

SEEN = SeenOutputs({"vpc_id": "1", "pass": "2"}, ("pass",), "line", 3)


def test_what_was_saved_is_known_until_the_stack_is_destroyed(tmp_path: Path) -> None:
    with opened(tmp_path) as store, store.writing() as writer:
        writer.save_discovered(discovered())
        run = run_in(writer, State.APPLIED)
        writer.save_known_outputs("prod/vpc", run.id, SEEN)
        (known,) = writer.known_outputs().values()
        assert (known.run, known.digests, known.sensitive, known.serial) == (
            run.id,
            SEEN.digests,
            ("pass",),
            3,
        )
        assert writer.known_outputs(["other"]) == {}
        writer.forget_applied("prod/vpc")
        assert writer.known_outputs() == {}


@pytest.mark.parametrize(
    ("user", "used"),
    [
        ({"depends_on": ("prod/vpc",)}, False),
        ({"depends_on": (Upstream("prod/vpc"),)}, False),
        ({"depends_on": (Upstream("prod/vpc", {"a": "b"}),)}, True),
        ({"depends_on": (Upstream("prod/vpc2", {"a": "b"}),)}, False),
        ({"vars": {"x": '"stack":"prod/vpc"}'}, "depends_on": (Upstream("net", {"a": "b"}),)}, False),
    ],
    ids=["only its order", "no output", "an output", "of another one", "only a text"],
)
def test_outputs_are_read_only_where_a_stack_uses_them(
    tmp_path: Path, user: dict[str, Any], *, used: bool
) -> None:
    with opened(tmp_path) as store, store.writing() as writer:
        writer.save_discovered(discovered())
        writer.save_discovered(discovered(name="prod/app", **user))
        assert writer.outputs_used("prod/vpc", "none") is used


def test_the_outputs_of_a_state_that_code_reads_are_used(tmp_path: Path) -> None:
    where = StateIdentity("s3", "{}", "default")
    with opened(tmp_path) as store, store.writing() as writer:
        writer.save_discovered(replace(discovered(), identity=where))
        reads = (RemoteRead("data.terraform_remote_state.net", where.digest, ("vpc_id",)),)
        writer.save_discovered(replace(discovered(name="prod/app"), remote_reads=reads))
        assert writer.outputs_used("prod/vpc", where.digest)
        assert writer.owners([where.digest]) == {where.digest: "prod/vpc"}
        assert writer.stack("prod/app").remote_reads == reads


def test_the_run_that_has_the_values_outlives_its_retention(tmp_path: Path) -> None:
    clock = HandClock()
    with opened(tmp_path, clock) as store, store.writing() as writer:
        writer.save_discovered(discovered())
        first = run_in(writer, State.NO_CHANGES)
        run_in(writer, State.NO_CHANGES)
        writer.save_known_outputs("prod/vpc", first.id, SEEN)
        late = clock.now() + timedelta(days=1)
        assert first.id not in writer.prune_runs(late)
        writer.forget_outputs("prod/vpc")
        assert first.id in writer.prune_runs(late)


def test_an_apply_records_the_outputs_that_it_was_planned_with(tmp_path: Path) -> None:
    with opened(tmp_path) as store, store.writing() as writer:
        writer.save_discovered(discovered())
        run = writer.annotate(run_in(writer, State.PLANNING), outputs=(Mark("net", "vpc_id", "1"),))
        writer.mark_applied(run)
        assert writer.stack("prod/vpc").applied_outputs == (Mark("net", "vpc_id", "1"),)
        assert writer.run(run.id).outputs == (Mark("net", "vpc_id", "1"),)
