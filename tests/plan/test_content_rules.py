"""What plans may contain: forbidden changes, required tags and allowed values, and doubt counts against the plan."""

from typing import Any

import pytest
from plan_documents import change, document, resource

from runner.model.approval.content_rules import (
    COUNTED,
    LISTED,
    broken_rules,
    path_steps,
)
from runner.model.approval.guardrails import RULES_CHANGED, Rules, unanswered, violations
from runner.model.approval.named_rule import NamedRule, rules_digest
from runner.model.approval.stack_guardrails import sayers, strictest
from runner.model.changes.changes import ChangeSet, Summary
from runner.model.evaluated.code import UNREAD, Code, Part, Snippet
from runner.model.evaluated.reading import Around
from runner.model.plan.reading import changing, parse_document
from runner.model.secret.copies import NONE, Secrets
from runner.model.settings.guardrails import (
    Forbidden,
    GuardrailRule,
    Guardrails,
    RequiredTags,
    ValueRule,
)

INSTANCE = "aws_instance.web"


def broken(
    rule: GuardrailRule,
    *changes: dict[str, Any],
    region: str = "",
    code: Code = UNREAD,
    secrets: Secrets = NONE,
    **more: Any,
) -> tuple[str, ...]:
    plan = document(*changes, **more)
    around = Around(code, {"AWS_REGION": region} if region else {})
    return broken_rules(plan, changing(plan), [NamedRule("rule 1", rule)], secrets, around)


def created(after: dict[str, Any], address: str = INSTANCE, **more: Any) -> dict[str, Any]:
    return resource(address, change("create", None, after, **more))


def sizes(*allow: Any, attribute: str = "instance_type", **more: Any) -> GuardrailRule:
    return GuardrailRule(values=(ValueRule(("aws_instance",), attribute, allow, **more),))


NO_DELETES = GuardrailRule(forbid=(Forbidden(types=("aws_db_*",), actions=("delete", "replace")),))
TAGGED = GuardrailRule(required_tags=(RequiredTags(("team",), ("aws_*",)),), reason="billing")
NOT_IN_US = GuardrailRule(forbid=(Forbidden(regions=("us-*",)),))


@pytest.mark.parametrize(
    ("actions", "count"), [("delete", 1), ("delete/create", 1), ("create", 0), ("update", 0)]
)
def test_a_forbidden_action_breaks_the_rule(actions: str, count: int) -> None:
    sides = (None, {"a": 1}) if actions == "create" else ({"a": 1}, None if actions == "delete" else {"a": 2})
    assert len(broken(NO_DELETES, resource("aws_db_instance.main", change(actions, *sides)))) == count


def test_the_sentence_names_the_resource_and_the_rule() -> None:
    (sentence,) = broken(NO_DELETES, resource("module.a.aws_db_instance.main", change("delete", {"a": 1})))
    assert sentence == "module.a.aws_db_instance.main would be destroyed, which is forbidden (rule 1)"


@pytest.mark.parametrize(
    ("after", "provider", "region", "problem"),
    [
        ({"region": "us-east-1"}, {}, "", "in us-east-1"),
        ({"region": "eu-west-1"}, {"region": {"constant_value": "us-east-1"}}, "", ""),
        ({}, {"region": {"constant_value": "us-east-1"}}, "", "in us-east-1"),
        ({}, {"region": {"references": ["data.x.y", "data.x"]}}, "eu-west-1", "not known"),
        ({}, {}, "us-east-2", "in us-east-2"),
        ({}, {}, "eu-west-1", ""),
        ({}, {}, "", "not known"),
    ],
)
def test_a_region_is_the_resources_or_its_providers(
    after: dict[str, Any], provider: dict[str, Any], region: str, problem: str
) -> None:
    configuration = {
        "provider_config": {"aws": {"name": "aws", "expressions": provider}},
        "root_module": {"resources": [{"address": INSTANCE, "provider_config_key": "aws"}]},
    }
    variables = {"where": {"value": "us-west-2"}}
    found = broken(NOT_IN_US, created(after), region=region, configuration=configuration, variables=variables)
    assert [problem in one for one in found] == ([True] if problem else [])


def in_code(text: str, *more: Snippet) -> Code:
    return Code((Snippet((), Part.PROVIDER, "aws", arguments=(("region", text),)), *more))


def with_provider(code: Code, *, module: str = "", region: str = "") -> tuple[str, ...]:
    """Of an instance whose provider reads var.where, which is us-west-2."""
    provider = {"name": "aws", "expressions": {"region": {"references": ["var.where"]}}}
    configuration = {
        "provider_config": {"aws": {**provider, **({"module_address": module} if module else {})}},
        "root_module": {"resources": [{"address": INSTANCE, "provider_config_key": "aws"}]},
    }
    variables = {"where": {"value": "us-west-2"}}
    return broken(
        NOT_IN_US, created({}), code=code, region=region, configuration=configuration, variables=variables
    )


@pytest.mark.parametrize("text", ["var.where", '"${var.where}"'])
def test_a_providers_region_may_be_a_variable(text: str) -> None:
    (sentence,) = with_provider(in_code(text))
    assert "in us-west-2, which is forbidden" in sentence


@pytest.mark.parametrize(
    "code",
    [
        UNREAD,
        in_code('replace(var.where, "eu", "us")'),
        in_code("var.where", Snippet((), Part.PROVIDER, "aws", arguments=(("region", "local.r"),))),
        in_code("var.where", Snippet((), Part.VARIABLE, "var.where", "where")),
        Code(in_code("var.where").snippets, unread=((),)),
    ],
    ids=["unread", "function", "override", "ephemeral", "partly read"],
)
def test_what_code_makes_of_a_variable_is_not_known(code: Code) -> None:
    (sentence,) = with_provider(code, region="eu-west-1")
    assert "its region is not known" in sentence


def test_a_variable_of_a_module_is_not_the_one_of_the_root() -> None:
    (sentence,) = with_provider(in_code("var.where"), module="module.a")
    assert "its region is not known" in sentence


@pytest.mark.parametrize(("other", "problem"), [("us-east-1", "not known"), ("eu-west-1", "")])
def test_what_is_gone_from_the_code_may_be_wherever_its_provider_works(other: str, problem: str) -> None:
    aws = "registry.terraform.io/hashicorp/aws"
    provider_config = {
        key: {"name": "aws", "full_name": aws, "expressions": {"region": {"constant_value": region}}}
        for key, region in (("aws", "eu-west-1"), ("aws.other", other))
    }
    gone = resource(INSTANCE, change("delete", {"a": 1}), provider_name=aws)
    found = broken(NOT_IN_US, gone, region="eu-west-1", configuration={"provider_config": provider_config})
    assert [problem in one for one in found] == ([True] if problem else [])


@pytest.mark.parametrize(
    ("address", "after", "glob"),
    [
        ("aws_dx_connection.a", {"location": "EqDC2"}, "us-*"),
        ("awscc_s3_bucket.a", {}, "us-*"),
        ("azapi_resource.a", {"location": "East US"}, "eastus"),
        ("google_compute_instance.a", {"zone": "us-central1-a"}, "us-central1"),
        ("aws_instance.a", {"region": "US-EAST-1"}, "us-*"),
    ],
)
def test_a_region_is_recognised_however_it_is_written(address: str, after: dict[str, Any], glob: str) -> None:
    rule = GuardrailRule(forbid=(Forbidden(regions=(glob,)),))
    assert len(broken(rule, created(after, address), region="us-east-1")) == 1


@pytest.mark.parametrize("action", ["create", "delete", "replace"])
@pytest.mark.parametrize("actions", ["delete/create", "create/delete", "create/forget"])
def test_replacing_is_forbidden_where_creating_or_destroying_is(action: Any, actions: str) -> None:
    rule = GuardrailRule(forbid=(Forbidden(actions=(action,)),))
    assert len(broken(rule, resource(INSTANCE, change(actions, {"a": 1}, {"a": 2})))) == 1


def test_a_forbidden_address_is_recognised_though_its_key_is_a_secret() -> None:
    rule = GuardrailRule(forbid=(Forbidden(addresses=('aws_instance.web["production"]',)),))
    (sentence,) = broken(
        rule, created({}, 'aws_instance.web["production"]'), secrets=Secrets.of(["production"])
    )
    assert sentence.startswith("aws_instance.web[")
    assert "production" not in sentence


def test_what_has_no_region_is_in_no_forbidden_one() -> None:
    assert broken(NOT_IN_US, created({"input": 1}, "terraform_data.a")) == ()


@pytest.mark.parametrize(
    ("after", "unknown", "found"),
    [
        ({"tags": {"team": "a"}, "tags_all": {"team": "a"}}, {}, ""),
        ({"tags": None, "tags_all": {"team": "a"}}, {}, ""),
        (
            {"tags": {"env": "x"}, "tags_all": {"env": "x"}},
            {},
            "aws_instance.web has no tag team (rule 1: billing)",
        ),
        ({"tags": {"team": ""}}, {}, "has no tag team"),
        ({"tags": {"team": None}}, {"tags": {"team": True}}, ""),
        ({"tags": {}}, {"tags_all": True}, "as far as is known before the apply"),
        ({"ami": "x"}, {}, ""),
        ({"tags": {"team": " "}}, {}, "has no tag team"),
        ({"tags": None, "labels": {"team": "a"}}, {}, "has no tag team"),
        ({"tags": [{"key": "team", "value": "a"}]}, {}, ""),
    ],
)
def test_required_tags(after: dict[str, Any], unknown: dict[str, Any], found: str) -> None:
    sentences = broken(TAGGED, created(after, after_unknown=unknown))
    assert [found in one for one in sentences] == ([True] if found else [])


def test_what_is_destroyed_needs_no_tags() -> None:
    assert broken(TAGGED, resource(INSTANCE, change("delete", {"tags": {}}))) == ()


@pytest.mark.parametrize(
    ("rule", "after", "holds"),
    [
        (sizes("t3.*"), {"instance_type": "t3.micro"}, True),
        (sizes("t3.*"), {"instance_type": "m5.24xlarge"}, False),
        (sizes("t3.*"), {"instance_type": None}, False),
        (sizes("t3.*", None), {"instance_type": None}, True),
        (sizes("t3.*"), {"ami": "x"}, False),
        (sizes(forbid=("*.metal",)), {"instance_type": "c5.metal"}, False),
        (sizes(True, attribute="encrypted"), {"encrypted": True}, True),
        (sizes(True, attribute="encrypted"), {"encrypted": False}, False),
        (sizes(at_most=100, attribute="disk[*].size"), {"disk": [{"size": 100}, {"size": 8}]}, True),
        (sizes(at_most=100, attribute="disk[*].size"), {"disk": [{"size": 8}, {"size": 500}]}, False),
        (sizes(at_most=100, attribute="disk.size"), {"disk": [{"size": 500}]}, False),
        (sizes(at_most=100, attribute="disk[1].size"), {"disk": [{"size": 500}, {"size": 1}]}, True),
        (sizes(at_least=2, attribute="count"), {"count": "many"}, False),
        (sizes("prod", attribute="tags.env"), {"tags": {"env": "dev"}}, False),
        (sizes("443", attribute="ports"), {"ports": [443, 22]}, False),
        (sizes(443, attribute="ports"), {"ports": [443]}, True),
        (sizes("prod", attribute="tags.env"), {"tags": {}}, False),
        (sizes("prod", attribute="tags.env"), {"tags": None}, False),
        (sizes("prod", None, attribute="tags.env"), {"tags": None}, True),
        (sizes("prod", attribute="tags.env"), {"tags": "prod"}, False),
        (sizes("required", attribute="options.tokens"), {"options": []}, False),
        (sizes("required", attribute="options.tokens"), {"options": None}, False),
        (sizes("required", attribute="options[0].tokens"), {"options": []}, False),
        (sizes("required", attribute="options[*].tokens"), {"options": []}, True),
        (sizes("required", attribute="options[*].tokens"), {"options": None}, True),
    ],
)
def test_allowed_values(rule: GuardrailRule, after: dict[str, Any], holds: bool) -> None:  # noqa: FBT001
    assert (broken(rule, created(after)) == ()) is holds


def test_a_value_known_only_after_the_apply_is_not_allowed_unless_any_is() -> None:
    later = created({}, after_unknown={"instance_type": True})
    assert "is not known before the apply" in broken(sizes("t3.*"), later)[0]
    assert broken(sizes("*"), later) == ()


def test_a_type_that_a_glob_covers_may_do_without_the_attribute() -> None:
    rule = GuardrailRule(values=(ValueRule(("aws_*",), "instance_type", ("t3.*",)),))
    assert broken(rule, created({"ami": "x"})) == ()


def test_a_misspelled_attribute_of_a_named_type_is_said() -> None:
    (sentence,) = broken(sizes("t3.*", attribute="instance_typ"), created({"instance_type": "t3.micro"}))
    assert sentence == (
        "aws_instance.web has no attribute instance_typ, which the rule expects of aws_instance (rule 1)"
    )


@pytest.mark.parametrize(
    ("number", "rule", "holds"),
    [
        ("9007199254740993", {"allow": (9007199254740992,)}, False),
        ("1.0000001", {"allow": (1,)}, False),
        ("1234568.5", {"forbid": (1234567.5,)}, True),
        ("443.0", {"allow": (443,)}, True),
        ("0.1", {"at_least": 0.1, "at_most": 0.1}, True),
        ("1e999999999", {"at_most": 100}, False),
        ("1" + "0" * 400, {"at_most": 100}, False),
        ('"1e3"', {"at_most": 100}, False),
        ('"0x10"', {"at_most": 100}, False),
        ('"NaN"', {"at_most": 100}, False),
        ('"-Infinity"', {"at_most": 100}, False),
        ('" 5"', {"allow": (5,)}, False),
    ],
)
def test_numbers_are_compared_exactly(number: str, rule: dict[str, Any], holds: bool) -> None:  # noqa: FBT001
    after = parse_document(f'{{"size": {number}}}')
    sized = GuardrailRule(values=(ValueRule(("aws_instance",), "size", **rule),))
    assert (broken(sized, created(after)) == ()) is holds


def test_part_of_a_secret_is_not_shown() -> None:
    secret = "correct-horse-battery-staple-and-more"
    value = "x" * 50 + secret
    (sentence,) = broken(sizes("t3.*"), created({"instance_type": value}), secrets=Secrets.of([secret]))
    assert "correct" not in sentence


def test_the_keys_of_a_sensitive_map_are_not_shown() -> None:
    secret = created({"tags": {"hunter2": "a"}}, after_sensitive={"tags": True})
    assert "hunter2" not in broken(sizes("b", attribute="tags[*]"), secret)[0]


def test_a_sensitive_value_is_not_shown() -> None:
    secret = created({"instance_type": "hunter2"}, after_sensitive={"instance_type": True})
    assert "hunter2" not in broken(sizes("t3.*"), secret)[0]


def test_an_update_is_judged_by_all_values_and_not_only_the_changed_ones() -> None:
    sides = {"instance_type": "m5.large", "ami": "a"}, {"instance_type": "m5.large", "ami": "b"}
    assert len(broken(sizes("t3.*"), resource(INSTANCE, change("update", *sides)))) == 1


def test_many_broken_rules_are_counted() -> None:
    many = [created({"instance_type": "x"}, f"aws_instance.a{i}") for i in range(LISTED + 5)]
    assert broken(sizes("t3.*"), *many)[-1] == "and 5 more"


def test_too_many_broken_rules_are_not_all_counted() -> None:
    many = [created({"instance_type": "x"}, f"aws_instance.a{i}") for i in range(COUNTED + 1)]
    assert broken(sizes("t3.*"), *many)[-1] == f"and at least {COUNTED - LISTED} more"


@pytest.mark.parametrize("path", ["a..[", "a[b]", "", "a[*"])
def test_what_is_no_path_has_no_steps(path: str) -> None:
    assert path_steps(path) == ()


def test_a_broken_rule_blocks_and_no_answer_lets_it_pass() -> None:
    digest = rules_digest([NamedRule("rule 1", TAGGED)])
    changes = ChangeSet(broken=("no tag",), judged_by=digest)
    found = violations(changes, Guardrails(), rules=Rules(digest=digest))
    assert [one.sentence for one in unanswered(found, {"large", "destroys=1"})] == ["no tag"]


def test_a_plan_judged_by_other_rules_has_to_be_made_again() -> None:
    now = Rules(digest=rules_digest([NamedRule("rule 1", TAGGED)]))
    assert [one.sentence for one in violations(ChangeSet(), Guardrails(), rules=now)] == [RULES_CHANGED]
    other = ChangeSet(judged_by=now.digest)
    assert [one.sentence for one in violations(other, Guardrails())] == [RULES_CHANGED]


def test_the_number_of_a_rule_is_not_part_of_what_a_plan_was_judged_by() -> None:
    assert rules_digest([NamedRule("rule 1", TAGGED)]) == rules_digest([NamedRule("rule 2", TAGGED)])


def test_the_lowest_limit_counts_and_its_rule_is_named() -> None:
    rails = Guardrails(max_destroys=5, protect_types=("a",))
    rules = [
        NamedRule("rule 1", GuardrailRule(max_destroys=9)),
        NamedRule("rule 2", GuardrailRule(max_destroys=0, protect_types=("b",), reason="prod")),
    ]
    found = strictest(rails, rules)
    assert (found.max_destroys, found.max_changes, found.protect_types) == (0, 200, ("a", "b"))
    (one,) = violations(ChangeSet(summary=Summary(delete=1)), found, rules=Rules(sayers(rails, rules)))
    assert one.sentence == "it destroys or replaces 1 resource, and max_destroys is 0 (rule 2: prod)"
