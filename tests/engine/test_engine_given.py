"""What the operator hands in is bound by keyed digests: identities and places, and no secret that is only renewed."""

from dataclasses import replace
from pathlib import Path

import pytest

from runner.engine.passed_in import aws_account, given, places
from runner.model.stack.definition import AwsRoles

KEY = b"k" * 32
NONE = AwsRoles()
# Two keys of one account, and one of another: an id has its account in its letters.
ONE, SAME, OTHER = "ASIAQNZGKIQY56JQ7WML", "AKIAQNZGKIQYZZZZ7WML", "ASIAY34FZKBOKMUTVV7A"


def marks(**environment: str) -> tuple[str, ...]:
    return given(environment, NONE, KEY)


@pytest.mark.parametrize(
    "name",
    ["TF_VAR_password", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ROLE_ARN", "ARM_TENANT_ID", "GOOGLE_PROJECT", "VAULT_ADDR"],
)  # fmt: skip
def test_another_value_has_another_digest_and_neither_is_shown(name: str) -> None:
    one, other = marks(**{name: "first"}), marks(**{name: "second"})
    assert one != other
    assert [text.split()[0] for text in one] == [name]
    assert "first" not in str(one)


@pytest.mark.parametrize(
    "name", ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "ARM_CLIENT_SECRET", "VAULT_TOKEN", "HOME", "TF_DATA_DIR", "AWS_CREDENTIAL_EXPIRATION"]
)  # fmt: skip
def test_secrets_and_what_differs_from_run_to_run_are_no_part_of_it(name: str) -> None:
    assert marks(**{name: "first"}) == ()


def test_an_access_key_stands_for_its_account() -> None:
    assert aws_account(ONE) == aws_account(SAME) == "029608264753"
    assert aws_account(OTHER) == "609629065308"
    assert marks(AWS_ACCESS_KEY_ID=ONE) == marks(AWS_ACCESS_KEY_ID=SAME) != marks(AWS_ACCESS_KEY_ID=OTHER)


@pytest.mark.parametrize("old", ["AKIAIOSFODNN7EXAMPLE", "AKIAJOSFODNN7EXAMPLE"])
def test_an_id_from_before_accounts_were_coded_into_it_stands_for_itself(old: str) -> None:
    assert aws_account(old) == ""
    assert marks(AWS_ACCESS_KEY_ID=old) != marks(AWS_ACCESS_KEY_ID=f"{old[:-1]}A")


def test_an_id_that_is_none_of_aws_stands_for_itself() -> None:
    assert marks(AWS_ACCESS_KEY_ID="test") != marks(AWS_ACCESS_KEY_ID="other")


def test_with_roles_of_the_stack_the_keys_that_assume_them_do_not_count() -> None:
    roles = AwsRoles(plan_role="arn:aws:iam::111122223333:role/plan")
    assert given({"AWS_ACCESS_KEY_ID": ONE, "AWS_PROFILE": "p"}, roles, KEY) == given({}, roles, KEY)


@pytest.mark.parametrize("key", ["plan_role", "apply_role", "external_id"])
def test_other_roles_are_other_marks(key: str) -> None:
    """Those of a context may change between the approval and the apply."""
    roles = AwsRoles(plan_role="one", apply_role="one", external_id="one")
    assert given({}, roles, KEY) != given({}, replace(roles, **{key: "other"}), KEY)


def test_an_aws_config_file_counts_without_its_secrets(tmp_path: Path) -> None:
    file = tmp_path / "config"

    def measured(region: str, secret: str) -> tuple[str, ...]:
        file.write_text(f"[default]\nregion = {region}\naws_secret_access_key = {secret}\n")
        return marks(AWS_CONFIG_FILE=str(file))

    first = measured("eu-west-1", "one")
    assert measured("eu-west-1", "two") == first
    assert measured("us-east-1", "one") != first


def test_a_google_key_stands_for_its_account_and_project() -> None:
    def measured(project: str, secret: str) -> tuple[str, ...]:
        return marks(
            GOOGLE_CREDENTIALS=f'{{"client_email": "a@b", "project_id": "{project}", "private_key": "{secret}"}}'
        )

    assert measured("one", "x") == measured("one", "y") != measured("two", "x")


def test_without_a_key_nothing_is_measured() -> None:
    assert given({"TF_VAR_a": "1"}, NONE, b"") == ()


def test_what_may_be_shown_has_neither_secrets_nor_passwords_in_it() -> None:
    shown = places(
        {
            "AWS_REGION": "eu-west-1",
            "AWS_SESSION_TOKEN": "t",
            "TF_VAR_a": "1",
            "VAULT_ADDR": "https://u:pw@host",
        }
    )
    assert shown["AWS_REGION"] == "eu-west-1"
    assert "pw" not in str(shown)
    assert shown.keys() == {"AWS_REGION", "VAULT_ADDR"}
