"""What people are told of policies and checks: no part of a secret, and not more than they read."""

from runner.model.policy.answer import Answer
from runner.model.policy.material import PolicyMaterial
from runner.model.policy.result import LONGEST_MESSAGE, MOST_MESSAGES, result_of, scrubbed
from runner.model.secret.copies import Secrets

SECRET = "correct-horse-battery-staple"


def told(*messages: str) -> tuple[str, ...]:
    secrets = Secrets.of([SECRET, "one line\nand another of it"])
    results = [result_of(PolicyMaterial("p"), Answer(denials=messages))]
    return scrubbed(results, lambda text: str(secrets.scrub(text)))[0].denials


def test_a_secret_at_the_end_of_what_is_shown_is_masked_as_a_whole() -> None:
    (message,) = told("x" * (LONGEST_MESSAGE - 9) + SECRET)
    assert "correct" not in message


def test_a_secret_of_several_lines_is_masked() -> None:
    (message,) = told("key: one line\nand another of it")
    assert "another" not in message


def test_messages_are_counted_once() -> None:
    assert told(*map(str, range(MOST_MESSAGES + 10)))[-1] == "and 10 more"
