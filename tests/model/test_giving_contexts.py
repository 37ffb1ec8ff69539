"""What contexts give to a stack, decided without looking at any value."""

from pathlib import Path

import pytest

from runner.config.context_rules import careless
from runner.config.environment import refusal
from runner.engine.secret_parts import parts_of
from runner.model.approval.binding import changed_inputs
from runner.model.settings.context import Context, context_inputs, furnished, gifts, reaching, variable_text
from runner.model.settings.server import Settings
from runner.model.settings.source import SourceSettings
from runner.model.stack.definition import AwsRoles, StackDefinition
from runner.model.stack.match import StackMatch

PROD = StackDefinition("prod/a/db", labels={"env": "prod"})
DB = Context("db", StackMatch(stacks=("prod/*/db",)), env={"PGPASSWORD": "${cred:db}"}, for_=("apply",))
ALL = Context("all", env={"PGPASSWORD": "none", "PGHOST": "db.example.com"})


def given(phase: str, *contexts: Context) -> dict[str, str]:
    return {name: gift.context for name, gift in gifts(contexts, phase).items()}


def test_a_context_reaches_what_all_of_its_keys_match() -> None:
    label = Context("label", StackMatch(labels={"env": "prod"}, sources=("infra",)))
    assert reaching((DB, label), PROD, "infra") == (DB, label)
    assert reaching((DB, label), PROD, "other") == (DB,)
    assert reaching((DB, label), StackDefinition("prod/web"), "infra") == ()


def test_the_later_context_wins_in_its_phases_only() -> None:
    assert given("plan", ALL, DB) == {"PGPASSWORD": "all", "PGHOST": "all"}
    assert given("apply", ALL, DB) == {"PGPASSWORD": "db", "PGHOST": "all"}
    assert given("apply", DB, ALL) == {"PGPASSWORD": "all", "PGHOST": "all"}
    assert given("apply", DB, ALL, DB) == {"PGPASSWORD": "db", "PGHOST": "all"}


def test_a_value_that_is_no_text_is_an_expression_in_which_nothing_is_evaluated() -> None:
    assert variable_text({"a": ["${x}", 1, True]}) == '{"a": ["$${x}", 1, true]}'
    assert variable_text("as it is") == "as it is"


def test_inputs_name_a_secret_and_never_hold_it() -> None:
    assert "${cred:db}" in context_inputs([DB])
    assert context_inputs([]) == ""


def test_secrets_that_any_source_can_ask_for_are_warned_of() -> None:
    sources = (SourceSettings("infra", "https://x/a"), SourceSettings("play", "https://x/b"))
    settings = Settings(Path("/x"), sources, contexts=(DB, ALL))
    (text, missing) = careless(settings, {})
    assert text.startswith('context "db" has secrets and names no sources')
    assert "credential db not found" in missing


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "PYTHONPATH",
        "NODE_OPTIONS",
        "GIT_SSH_COMMAND",
        "TF_CLI_ARGS_plan",
        "LD_PRELOAD",
        "ENV",
        "GODEBUG",
    ],
)
def test_a_context_sets_no_variable_that_chooses_programs(name: str) -> None:
    assert refusal(name) is not None


@pytest.mark.parametrize(
    "name", ["PGPASSWORD", "AWS_PROFILE", "VAULT_TOKEN", "GOOGLE_CREDENTIALS", "HTTPS_PROXY"]
)
def test_a_context_may_give_credentials_and_proxies(name: str) -> None:
    assert refusal(name) is None


def test_the_parts_of_a_secret_are_secret() -> None:
    kubeconfig = "users:\n- name: ci\n  user: {token: eyabc123longtoken}\nhost: &h example.com\n"
    parts = set(parts_of(kubeconfig))
    assert {kubeconfig, "eyabc123longtoken", "example.com"} <= parts
    assert "hunter2horse9" in set(parts_of('{"db": {"password": "hunter2horse9"}}'))
    assert "s3cretvalue" in set(parts_of("# a note\nexport TOKEN='s3cretvalue'\n"))
    assert "users" not in parts


BEFORE = ("TF_VAR_a 1", "context db as variable for plan: TF_VAR_b 2", "PGHOST 3", "file:/etc/x 4")


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        (BEFORE, ()),
        (("TF_VAR_a 9", *BEFORE[1:]), ("a",)),
        ((BEFORE[0], "context db as variable for plan: TF_VAR_b 9", *BEFORE[2:]), ("b",)),
        ((*BEFORE[:2], "PGHOST 9", BEFORE[3]), ()),
        (("TF_VAR_a 9", *BEFORE[1:3], "file:/etc/x 9"), ()),
    ],
    ids=["nothing", "the environment", "a context", "no input variable", "a file beside it"],
)
def test_only_changed_input_variables_explain_a_change(
    now: tuple[str, ...], changed: tuple[str, ...]
) -> None:
    assert changed_inputs(BEFORE, now) == {f"var.{name}": "" for name in changed}
    assert changed_inputs(None, now) == {}


def test_a_context_gives_roles_and_an_engine_version_to_stacks_without_their_own() -> None:
    contexts = (
        Context("all", aws=AwsRoles(plan_role="plan", region="eu-west-1"), engine_version="~> 1.9"),
        Context("prod", StackMatch(labels={"env": "prod"}), aws=AwsRoles(plan_role="prod-plan")),
    )
    prod = furnished(contexts, StackDefinition("a", labels={"env": "prod"}), "infra")
    assert (prod.aws.plan_role, prod.aws.region, prod.engine_version) == ("prod-plan", "eu-west-1", "~> 1.9")
    own = StackDefinition("b", aws=AwsRoles(plan_role="mine"), engine_version="1.11.4")
    kept = furnished(contexts, own, "infra")
    assert (kept.aws.plan_role, kept.engine_version) == ("mine", "1.11.4")


def test_a_role_of_a_context_is_an_input_of_the_plan() -> None:
    before, after = (context_inputs([Context("a", aws=AwsRoles(plan_role=role))]) for role in ("x", "y"))
    assert before != after
    assert context_inputs([Context("a", match=StackMatch(stacks=("b",)))]) == ""
