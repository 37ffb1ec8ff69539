"""The fingerprint moves with every value that only the apply evaluates, and with none that nothing refers to."""

import copy
from typing import Any

import pytest
from applied_documents import AT_A_LOCAL, ROUTES, SINKS, SOURCES, Case, invocation, refers
from hypothesis import assume, given
from hypothesis import strategies as st
from plan_documents import block, change, configuration, document, resource, scalars, values

from runner.errors import OutputNotUnderstood
from runner.model.changes.difference import same
from runner.model.evaluated.code import UNREAD, Code, Part, Snippet
from runner.model.plan.fingerprint import VERSION, fingerprint, seal
from runner.model.plan.reading import read_plan

KEY = b"k" * 32
Json = dict[str, Any]
READ = Code()

cases = st.builds(Case, st.sampled_from(SINKS), st.sampled_from(ROUTES), st.sampled_from(SOURCES))


def mark(plan: Json, code: Code | None = None) -> str:
    return fingerprint(plan, KEY) if code is None else fingerprint(plan, KEY, code)


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("source", SOURCES)
def test_a_value_at_the_end_of_the_way_moves_it(sink: str, route: str, source: str) -> None:
    case = Case(sink, route, source)
    assert mark(case.plan("one")) != mark(case.plan("other"))


@given(cases, values, values)
def test_any_two_values_give_two_marks(case: Case, one: Any, other: Any) -> None:
    assume(not same(one, other))
    assert mark(case.plan(one)) != mark(case.plan(other))


@given(cases, values, values)
def test_what_nothing_refers_to_does_not_move_it(case: Case, one: Any, other: Any) -> None:
    # A connection may read anything of its module, the outputs of its calls too; there are none here.
    assert mark(case.plan("it", one)) == mark(case.plan("it", other))


@given(st.sampled_from(sorted(set(ROUTES) - AT_A_LOCAL)), scalars)
def test_another_attribute_of_what_is_read_does_not_move_it(route: str, value: Any) -> None:
    plan = Case("command", route, "data").plan("one")
    other = copy.deepcopy(plan)
    (entry,) = _read_data(other["prior_state"]["values"]["root_module"])
    entry["values"]["b"] = value
    assert mark(plan) == mark(other)


def _read_data(module: Json) -> list[Json]:
    """The entries of the data that is read, and not of what nothing refers to."""
    own = [entry for entry in module.get("resources", ()) if entry["address"].endswith("data.test.s")]
    return own + [entry for child in module.get("child_modules", ()) for entry in _read_data(child)]


@pytest.mark.parametrize("source", SOURCES)
def test_a_local_whose_code_was_read_is_followed_exactly(source: str) -> None:
    case = Case("command", "local", source)
    text = {"data": "data.test.s.a", "resource": "test.s.a", "variable": "var.x"}[source]
    shown = Code((Snippet((), Part.LOCAL, "local.l", arguments=(("l", f"upper({text})"),)),))
    nothing = Code((Snippet((), Part.LOCAL, "local.l", arguments=(("l", '"constant"'),)),))
    assert mark(case.plan("one"), shown) != mark(case.plan("other"), shown)
    assert mark(case.plan("one"), nothing) == mark(case.plan("other"), nothing)


def test_a_local_of_a_module_that_could_not_be_read_may_be_anything() -> None:
    case = Case("command", "local", "data")
    unread = Code((Snippet((), Part.LOCAL, "local.l", arguments=(("l", "1"),)),), unread=((),))
    assert mark(case.plan("one"), unread) != mark(case.plan("other"), unread)


def test_a_connection_reads_what_its_code_says_where_that_is_known() -> None:
    case = Case("connection", "same", "data")
    shown = Code((Snippet((), Part.CONNECTION, "test.t", arguments=(("host", "data.test.s.a"),)),))
    assert mark(case.plan("one"), shown) != mark(case.plan("other"), shown)
    assert mark(case.plan("one"), READ) == mark(case.plan("other"), READ)


def test_a_dynamic_block_of_a_provider_is_known_from_its_code() -> None:
    case = Case("command", "same", "data")

    def plan(value: str) -> Json:
        made = case.plan(value)
        made["configuration"]["root_module"]["resources"][-1].pop("provisioners")
        return made

    dynamic = (("dynamic", "assume_role { for_each = data.test.s.a }"),)
    shown = Code((Snippet((), Part.PROVIDER, "test", arguments=dynamic),))
    assert mark(plan("one"), shown) != mark(plan("other"), shown)
    assert mark(plan("one"), READ) == mark(plan("other"), READ)


def blocks(value: str, login: Any) -> Json:
    """A resource with a block `login` of which the plan's JSON tells nothing but what is planned of it."""
    made = Case("command", "same", "data").plan(value)
    made["configuration"]["root_module"]["resources"][-1].pop("provisioners")
    made["resource_changes"][0]["change"] = change("create", None, {"n": 1, "login": login})
    return made


DYNAMIC = Snippet((), Part.DYNAMIC, "test.t", "login", (("user", "var.u"), ("secret_wo", "data.test.s.a")))


@pytest.mark.parametrize(
    "login", [[{"user": "u", "secret_wo": None}], {"user": "u", "secret_wo": None}, None], ids=str
)
def test_a_write_only_argument_of_a_dynamic_block_counts(login: Any) -> None:
    code = Code((DYNAMIC,))
    assert mark(blocks("one", login), code) != mark(blocks("other", login), code)


@pytest.mark.parametrize("login", [[], [{"user": "u", "secret_wo": "known"}]], ids=str)
def test_what_the_plan_holds_of_a_dynamic_block_counts_by_its_value_alone(login: Any) -> None:
    code = Code((DYNAMIC,))
    assert mark(blocks("one", login), code) == mark(blocks("other", login), code)


def test_with_unread_code_a_block_with_unset_arguments_may_read_anything() -> None:
    login = [{"user": "u", "secret_wo": None}]
    assert mark(blocks("one", login), UNREAD) != mark(blocks("other", login), UNREAD)
    whole = [{"user": "u", "secret_wo": "known"}]
    assert mark(blocks("one", whole), UNREAD) == mark(blocks("other", whole), UNREAD)


# What does not run is not evaluated


def update(case: Case, value: str) -> Json:
    plan = case.plan(value)
    plan["resource_changes"][0]["change"] = change("update", {"n": 0}, {"n": 1, "secret_wo": None})
    return plan


def test_an_update_runs_no_provisioner() -> None:
    case = Case("command", "same", "data")
    assert mark(update(case, "one")) == mark(update(case, "other"))


def test_an_update_sets_write_only_arguments() -> None:
    case = Case("write-only", "same", "data")
    assert mark(update(case, "one")) != mark(update(case, "other"))


def test_an_argument_that_the_plan_holds_counts_by_its_value_alone() -> None:
    def plan(value: str) -> Json:
        made = Case("write-only", "same", "data").plan(value)
        made["resource_changes"][0]["change"]["after"]["secret_wo"] = "known"
        return made

    assert mark(plan("one")) == mark(plan("other"))


def idle(case: Case, value: str) -> Json:
    """The same where nothing is changed at all but an output."""
    plan = case.plan(value)
    plan["resource_changes"][0]["change"] = change("no-op", {"n": 1}, {"n": 1})
    plan.pop("action_invocations", None)
    return plan


@given(cases)
def test_a_plan_that_changes_no_resource_evaluates_nothing(case: Case) -> None:
    assert mark(idle(case, "one")) == mark(idle(case, "other"))


def test_a_provider_that_no_change_uses_does_not_count() -> None:
    def plan(value: str) -> Json:
        made = Case("provider", "same", "data").plan(value)
        provider = made["configuration"]["provider_config"]
        provider["test.idle"] = {**provider.pop("test"), "alias": "idle"}
        provider["test"] = {"name": "test", "full_name": "example.com/acme/test"}
        return made

    assert mark(plan("one")) == mark(plan("other"))


def test_all_configurations_of_a_provider_count_if_the_used_one_is_unknown() -> None:
    def plan(value: str) -> Json:
        made = Case("provider", "same", "data").plan(value)
        made["configuration"]["root_module"]["resources"].pop()
        made["resource_changes"][0]["change"] = change("delete", {"n": 1})
        return made

    assert mark(plan("one")) != mark(plan("other"))


# Repetition and `self`


def repeated(value: str, *references: str, **expressions: Json) -> Json:
    shown = {"type": "local-exec", "expressions": {"command": refers(*references)}}
    made = block("test.t", provisioners=[shown], mode="managed", type="test", name="t", **expressions)
    return document(
        resource('test.t["k"]', change("create", None, {"n": 1})),
        configuration=configuration(made),
        variables={"x": {"value": value}},
    )


@pytest.mark.parametrize("word", ["each.key", "each.value", "count.index"])
def test_what_a_repetition_is_over_counts_where_it_is_read(word: str) -> None:
    way = "count_expression" if word.startswith("count") else "for_each_expression"
    plans = [repeated(value, word, **{way: refers("var.x")}) for value in ("one", "other")]
    assert len(set(map(mark, plans))) == 2
    unread = [repeated(value, "path.module", **{way: refers("var.x")}) for value in ("one", "other")]
    assert len(set(map(mark, unread))) == 1


def test_a_modules_for_each_counts_if_an_argument_uses_each_value() -> None:
    def plan(value: str) -> Json:
        made = Case("command", "argument", "variable").plan(value)
        call = made["configuration"]["root_module"]["module_calls"]["a"]
        call["for_each_expression"], call["expressions"] = refers("var.x"), {"x": refers("each.value")}
        return made

    assert mark(plan("one")) != mark(plan("other"))


def replaced(kept: str, refreshed: str) -> Json:
    shown = {"type": "local-exec", "expressions": {"command": refers("self.kept")}}
    before, after = {"n": 1, "kept": kept, "other": refreshed}, {"n": 2, "kept": kept, "other": refreshed}
    made = block("test.t", provisioners=[shown], mode="managed", type="test", name="t")
    return document(
        resource("test.t", change("delete/create", before, after)), configuration=configuration(made)
    )


def test_an_attribute_a_replacement_keeps_counts_if_a_provisioner_reads_it() -> None:
    assert mark(replaced("one", "x")) != mark(replaced("other", "x"))
    assert mark(replaced("one", "x")) == mark(replaced("one", "y"))


def test_an_instance_of_a_module_reads_its_own_data_only() -> None:
    def plan(mine: str, other: str) -> Json:
        made = Case("command", "same", "data").plan("unused")
        root = made["configuration"]["root_module"]
        inner = {"resources": root.pop("resources")}
        root["module_calls"]["m"] = {"module": inner, "for_each_expression": {"constant_value": ["a", "b"]}}
        made["resource_changes"][0]["address"] = 'module.m["a"].test.t'
        made["prior_state"]["values"]["root_module"] = {
            "child_modules": [
                {
                    "address": f'module.m["{key}"]',
                    "resources": [
                        {"address": f'module.m["{key}"].data.test.s', "mode": "data", "values": {"a": value}}
                    ],
                }
                for key, value in (("a", mine), ("b", other))
            ]
        }
        return made

    assert mark(plan("one", "x")) != mark(plan("other", "x"))
    assert mark(plan("one", "x")) == mark(plan("one", "y"))


def test_a_value_known_only_after_apply_differs_from_any_known_one() -> None:
    case = Case("command", "same", "resource")
    unknown = case.plan("one")
    del unknown["planned_values"]["root_module"]["resources"][0]["values"]["a"]
    marks = {mark(unknown), mark(case.plan("one")), mark(case.plan(None)), mark(case.plan({}))}
    assert len(marks) == 4


def test_modules_that_read_each_other_in_a_circle_come_to_an_end() -> None:
    plan = Case("command", "output", "data").plan("one")
    root = plan["configuration"]["root_module"]
    root["module_calls"]["b"]["expressions"]["y"] = refers("module.b.o")
    root["module_calls"]["b"]["module"]["outputs"]["o"]["expression"] = refers("var.y")
    assert mark(plan)


# Ephemeral resources are in no plan


def test_an_unlisted_ephemeral_resource_may_read_anything_in_its_module() -> None:
    def plan(value: str) -> Json:
        made = Case("provider", "same", "data").plan(value)
        made["configuration"]["provider_config"]["test"]["expressions"] = {
            "token": {"references": ["ephemeral.test.e.token", "ephemeral.test.e"]}
        }
        return made

    shown = Code((Snippet((), Part.EPHEMERAL, "ephemeral.test.e", arguments=(("path", "data.test.s.a"),)),))
    none = Code((Snippet((), Part.EPHEMERAL, "ephemeral.test.e", arguments=(("path", '"p"'),)),))
    assert mark(plan("one")) != mark(plan("other"))
    assert mark(plan("one"), shown) != mark(plan("other"), shown)
    assert mark(plan("one"), none) == mark(plan("other"), none)


# Actions


def acting(**more: Any) -> Json:
    shown = {**invocation("action.test.say", {"arguments": ["said"]}), **more}
    return document(resource("test.t", change("create", None, {"n": 1})), action_invocations=[shown])


@pytest.mark.parametrize(
    "more",
    [
        {"config_values": {"arguments": ["other"]}},
        {"config_values": {}, "config_unknown": {"arguments": True}},
        {"address": "action.test.shout"},
        {"type": "other"},
        {"lifecycle_action_trigger": {**invocation("a.b.c")["lifecycle_action_trigger"], "action_trigger_event": "BeforeCreate"}},
        {"lifecycle_action_trigger": {**invocation("a.b.c")["lifecycle_action_trigger"], "on_failure": "ActionOnFailureContinue"}},
    ],
)  # fmt: skip
def test_what_an_action_is_given_and_when_it_is_invoked_is_part_of_it(more: Json) -> None:
    assert mark(acting(**more)) != mark(acting())


def test_whether_an_action_is_invoked_now_or_later_is_part_of_it() -> None:
    now = acting()
    later = {**now, "action_invocations": []}
    later["deferred_action_invocations"] = [
        {"reason": "absent_prereq", "action_invocation": now["action_invocations"][0]}
    ]
    without = {**now, "action_invocations": []}
    assert len({mark(now), mark(later), mark(without)}) == 3


@pytest.mark.parametrize(
    "broken",
    [
        {"nightly_trigger": {}},
        {
            "lifecycle_action_trigger": {
                "triggering_resource_address": "test.t",
                "action_trigger_event": "AtNoon",
            }
        },
        {"lifecycle_action_trigger": {**invocation("a.b.c")["lifecycle_action_trigger"], "more": 1}},
        {"lifecycle_action_trigger": {**invocation("a.b.c")["lifecycle_action_trigger"], "on_failure": "ActionOnFailureExplode"}},
        {"invoke_action_trigger": {}},
    ],
)  # fmt: skip
def test_an_invocation_of_another_shape_is_an_error(broken: Json) -> None:
    with pytest.raises(OutputNotUnderstood):
        read_plan(acting(**broken))


@pytest.mark.parametrize("more", [{"until": "noon"}, {"action_invocation": {}}], ids=str)
def test_an_action_that_is_put_off_in_another_shape_is_an_error(more: Json) -> None:
    plan = acting()
    (entry,) = plan.pop("action_invocations")
    plan["deferred_action_invocations"] = [{"reason": "absent_prereq", "action_invocation": entry, **more}]
    with pytest.raises(OutputNotUnderstood):
        read_plan(plan)


def test_a_trigger_of_the_command_line_with_more_in_it_is_an_error() -> None:
    plan = acting(invoke_action_trigger={"at": "noon"})
    del plan["action_invocations"][0]["lifecycle_action_trigger"]
    with pytest.raises(OutputNotUnderstood):
        read_plan(plan)


CONFIG = (("for_each", "local.all"), ("config", "{ input = data.test.s.a, output = 1 }"))
INVOKED = Code((Snippet((), Part.ACTION, "action.test.t", arguments=CONFIG),))


def invoking(value: str, **config: Any) -> Json:
    """An action that reads data, as the engine tells it: its block in the configuration has no expressions."""
    plan = Case("action", "same", "data").plan(value)
    plan["configuration"]["root_module"]["actions"][0].pop("expressions")
    plan["action_invocations"] = [invocation('action.test.t["k"]', **config)]
    return plan


@pytest.mark.parametrize(
    "config", [{"unknown": {"input": True}}, {"values": {"input": None}}, {"values": {"in": {"input": None}}}]
)
def test_action_arguments_missing_in_the_plan_come_from_the_code(config: Json) -> None:
    assert mark(invoking("one", **config), INVOKED) != mark(invoking("other", **config), INVOKED)


@pytest.mark.parametrize("values", [{"input": "known"}, {"input": "known", "timeout": None}], ids=str)
def test_what_the_plan_has_of_an_action_counts_by_its_value_alone(values: Json) -> None:
    assert mark(invoking("one", values=values), INVOKED) == mark(invoking("other", values=values), INVOKED)


def test_an_action_in_an_unreadable_module_may_get_anything() -> None:
    config = {"values": {"input": None}}
    assert mark(invoking("one", **config), UNREAD) != mark(invoking("other", **config), UNREAD)


def test_an_invocation_without_a_trigger_is_an_error() -> None:
    plan = acting()
    del plan["action_invocations"][0]["lifecycle_action_trigger"]
    with pytest.raises(OutputNotUnderstood):
        read_plan(plan)


# What has none of all this


@given(scalars, scalars, values, values)
def test_a_plan_without_any_of_it_is_moved_by_what_it_changes_alone(
    old: Any, new: Any, one: Any, other: Any
) -> None:
    def plan(read: Any) -> Json:
        static = {
            "name": "test",
            "full_name": "example.com/acme/test",
            "expressions": {"region": {"constant_value": "x"}},
        }
        made = block("test.t", mode="managed", type="test", name="t", provider_config_key="test")
        return document(
            resource("test.t", change("update", {"n": old}, {"n": new})),
            configuration={**configuration(made), "provider_config": {"test": static}},
            variables={"x": {"value": read}},
            prior_state={
                "values": {"root_module": {"resources": [{"address": "data.test.s", "values": {"a": read}}]}}
            },
        )

    assert mark(plan(one)) == mark(plan(other))


def test_plan_seals_have_a_new_version_and_drift_seals_do_not() -> None:
    assert VERSION == 2
    assert seal("drift", [], KEY) == "46a10d505ad4245c4fd0eedb08cb2519171b0fd25c0fb89c12cf85798e0d9bc4"
    empty: Json = {"resources": [], "outputs": {}, "actions": [], "evaluated": []}
    assert fingerprint({}, KEY) == seal("plan", empty, KEY, version=VERSION)
    assert fingerprint({}, KEY) != seal("plan", empty, KEY)
