"""What a plan calls sensitive, for masking the output of the commands after it."""

from plan_documents import change, document, resource

from runner.model.changes.changes import MASK
from runner.model.drift.taxonomy import classify
from runner.model.plan.reading import read_plan
from runner.model.secret.copies import Secrets, sensitive_texts


def test_marked_values_of_every_side_and_kind_are_found() -> None:
    plan = document(
        resource("test_thing.a", change("update", {"p": "old-secret"}, {"p": "new-secret"}, after_sensitive={"p": True})),
        resource("test_thing.b", change("no-op", {"l": ["x", "kept-secret"]}, {"l": ["x", "kept-secret"]}, before_sensitive={"l": [False, True]})),
        drift=[resource("test_thing.c", change("update", {"p": "moved-secret"}, {"p": 1}, before_sensitive={"p": True}))],
        outputs={"o": change("create", None, "output-secret", after_sensitive=True)},
        variables={"v": {"value": {"deep": ["given-secret"]}}},
        configuration={
            "root_module": {"variables": {"v": {"sensitive": True}}},
            "provider_config": {
                "test": {
                    "expressions": {
                        "token": {"constant_value": "provider-secret"},
                        "path": {"constant_value": "/open/path"},
                        "blocks": [{"token": {"constant_value": "nested"}}],
                    }
                }
            },
        },
    )  # fmt: skip
    assert sensitive_texts(plan) == {
        "old-secret", "new-secret", "kept-secret", "moved-secret", "output-secret", "given-secret", "provider-secret",
    }  # fmt: skip


def test_a_text_too_short_to_search_for_is_not_stored() -> None:
    plan = document(
        resource("test_thing.a", change("create", None, {"p": "on"}, after_sensitive={"p": True}))
    )
    assert sensitive_texts(plan) == frozenset()


def test_what_the_engine_was_given_is_masked_in_a_plan_that_copies_it() -> None:
    given = Secrets.of(["session-credential"])
    plan = document(
        resource("test_thing.a", change("update", {"env": "T=session-credential;"}, {"env": "none"})),
        outputs={"o": change("create", None, "T=session-credential;")},
    )
    read = read_plan(plan, given)
    (finding,) = classify(plan, (), given)
    assert read.outputs[0].after == f"T={MASK};"
    assert read.resources[0].attributes[0].before == f"T={MASK};"
    assert finding.attributes[0].before == f"T={MASK};"
