"""Two stacks on one state are seen as such, and no secret of a backend is remembered."""

from typing import Any

import pytest

from runner.model.code.identity import state_identity
from runner.model.code.module import Backend, ModuleFacts
from runner.model.stack.definition import StackDefinition


def identity(backend: str | None, settings: dict[str, Any] | None = None, **definition: Any) -> Any:
    facts = ModuleFacts(backend=Backend(backend, settings or {}) if backend else None)
    return state_identity(StackDefinition(**{"name": "a", **definition}), facts)


SAME = [
    ("s3", {"bucket": "b", "key": "k"}, {"bucket": "b", "key": "k", "encrypt": True, "region": "eu-west-1"}),
    ("s3", {"bucket": "b", "key": "k", "profile": "x"}, {"key": "k", "bucket": "b", "dynamodb_table": "locks"}),
    ("s3", {"bucket": "b", "key": "k"}, {"bucket": "b", "key": "k", "workspace_key_prefix": "x"}),
    ("gcs", {"bucket": "b", "prefix": "p"}, {"bucket": "b", "prefix": "p", "credentials": "x"}),
    ("http", {"address": "https://h/s"}, {"address": "https://user:secret@h/s", "password": "x"}),
    ("local", {"path": "/srv/a.tfstate"}, {"path": "/srv/../srv//a.tfstate"}),
    ("azurerm", {"storage_account_name": "s", "container_name": "c", "key": "k"},
     {"storage_account_name": "s", "container_name": "c", "key": "k", "access_key": "secret"}),
]  # fmt: skip
OTHER = [
    ("s3", {"bucket": "b", "key": "k"}, {"bucket": "b", "key": "l"}),
    ("s3", {"bucket": "b", "key": "k"}, {"bucket": "c", "key": "k"}),
    (
        "s3",
        {"bucket": "b", "key": "k"},
        {"bucket": "b", "key": "k", "endpoints": {"s3": "http://127.0.0.1:9000"}},
    ),
    ("local", {"path": "/srv/a.tfstate"}, {"path": "/srv/b.tfstate"}),
    ("pg", {"conn_str": "postgres://h/one"}, {"conn_str": "postgres://h/two"}),
]


@pytest.mark.parametrize(("backend", "one", "other"), SAME)
def test_settings_that_do_not_move_the_state_do_not_hide_its_identity(
    backend: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert identity(backend, one) == identity(backend, other)


@pytest.mark.parametrize(("backend", "one", "other"), OTHER)
def test_settings_that_move_the_state_make_it_another(
    backend: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert identity(backend, one) != identity(backend, other)


def test_the_configuration_of_the_stack_outranks_the_block() -> None:
    assert identity("s3", {"bucket": "b"}, backend_config={"key": "k"}) == identity(
        "s3", {"bucket": "b", "key": "k"}
    )
    assert identity("s3", {"bucket": "b", "key": "x"}, backend_config={"key": "k"}) == identity(
        "s3", {"bucket": "b", "key": "k"}
    )


def test_a_workspace_is_a_state_of_its_own_and_so_is_its_prefix() -> None:
    place = {"bucket": "b", "key": "k"}
    assert identity("s3", place) != identity("s3", place, terraform_workspace="blue")
    assert identity("s3", place, terraform_workspace="blue") != identity(
        "s3", {**place, "workspace_key_prefix": "p"}, terraform_workspace="blue"
    )


def test_a_stack_without_a_backend_has_a_state_of_its_own() -> None:
    assert identity(None, name="a") != identity(None, name="b")


@pytest.mark.parametrize(
    ("backend", "settings"),
    [
        ("pg", {"conn_str": "postgres://user:canary@h/db"}),
        ("s3", {"bucket": "b", "key": "k", "secret_key": "canary", "access_key": "canary"}),
        ("http", {"address": "https://user:canary@h/s", "password": "canary"}),
        ("etcdv9", {"password": "canary"}),
        ("remote", {"hostname": "h", "token": "canary"}),
    ],
)
def test_no_secret_of_a_backend_is_in_what_is_remembered(backend: str, settings: dict[str, Any]) -> None:
    assert "canary" not in str(identity(backend, settings))
