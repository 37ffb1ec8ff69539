"""What contexts give to a stack, decided without looking at any value."""

from runner.config.context_rules import careless
from runner.model.settings.context import Context, context_inputs, gifts, reaching, variable_text
from runner.model.settings.server import Settings
from runner.model.stack.definition import StackDefinition
from runner.model.stack.match import StackMatch

PROD = StackDefinition("prod/a/db", labels={"env": "prod"})
DB = Context("db", StackMatch(stacks=("prod/*/db",)), env={"PGPASSWORD": "${cred:db}"}, for_=("apply",))
ALL = Context("all", env={"PGPASSWORD": "none", "PGHOST": "db.example.com"})


def given(*contexts: Context) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(gift.context, gift.name, gift.phases) for gift in gifts(contexts)}


def test_a_context_reaches_what_all_of_its_keys_match() -> None:
    label = Context("label", StackMatch(labels={"env": "prod"}, sources=("infra",)))
    assert reaching((DB, label), PROD, "infra") == (DB, label)
    assert reaching((DB, label), PROD, "other") == (DB,)
    assert reaching((DB, label), StackDefinition("prod/web"), "infra") == ()


def test_the_later_context_wins_in_its_phases_only() -> None:
    assert given(ALL, DB) == {
        ("all", "PGPASSWORD", ("plan", "apply")),
        ("all", "PGHOST", ("plan", "apply")),
        ("db", "PGPASSWORD", ("apply",)),
    }
    assert given(DB, ALL) == {
        ("all", "PGPASSWORD", ("plan", "apply")),
        ("all", "PGHOST", ("plan", "apply")),
    }


def test_a_value_that_is_no_text_is_an_expression_in_which_nothing_is_evaluated() -> None:
    assert variable_text({"a": ["${x}", 1, True]}) == '{"a": ["$${x}", 1, true]}'
    assert variable_text("as it is") == "as it is"


def test_inputs_name_a_secret_and_never_hold_it() -> None:
    assert "${cred:db}" in context_inputs([DB])
    assert context_inputs([]) == ""


def test_secrets_that_a_commit_could_ask_for_are_warned_of(tmp_path: object) -> None:
    by_label = Context("db", StackMatch(labels={"env": "prod"}), env={"PGPASSWORD": "${cred:db}"})
    settings = Settings(data_dir="/x", contexts=(DB, ALL, by_label))  # type: ignore[arg-type]
    assert [text.split(" has")[0] for text in careless(settings)] == ['context "db"']
