"""The token of a pool is on every host of its workers, so that it may open nothing else."""

from pathlib import Path

import pytest

from runner.config.server_file import check

SERVER = """\
data_dir: ./data
sources: [{name: infra, url: https://git.example.com/a.git}]
broker: redis://127.0.0.1:6379/0
pools: [{name: eu, tokens: [worker-eu]}]
web: {access: [{role: approver, subjects: ["token:ROLE"]}]}
"""


def problems(tmp_path: Path, token: str) -> list[str]:
    path = tmp_path / "driftline.yaml"
    path.write_text(SERVER.replace("ROLE", token))
    return [one.message for one in check(path)[1]]


def test_a_token_of_a_pool_may_have_no_role(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "worker-eu")
    assert "web.access gives this token a role" in problem


def test_a_token_with_a_role_may_be_beside_those_of_pools(tmp_path: Path) -> None:
    assert problems(tmp_path, "ci") == []


@pytest.mark.parametrize(
    ("broker", "refused"),
    [
        ("sqs://", False),
        ("sqs://sqs.eu-west-1.amazonaws.com/111122223333", False),
        ("sqs://sqs.eu-west-1.amazonaws.com/infra", True),
    ],
)
def test_an_address_of_sqs_names_an_account_or_nothing(tmp_path: Path, broker: str, *, refused: bool) -> None:
    path = tmp_path / "driftline.yaml"
    path.write_text(SERVER.replace("ROLE", "ci").replace("redis://127.0.0.1:6379/0", broker))
    assert ["sqs.REGION.amazonaws.com" in one.message for one in check(path)[1]] == [True] * refused
