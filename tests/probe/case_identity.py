"""Identities, keys and secrets: what people do to them by hand, and what a plan makes of it."""

import json

from probe_case import Case, Found, Hands, Situation


def overwrite_with_the_same(hands: Hands) -> None:
    hands.client("ssm").put_parameter(
        Name="/identity/plain/two", Type="String", Value="2", Description="plain two", Overwrite=True
    )


def change_what_is_ignored(hands: Hands) -> None:
    hands.client("ssm").put_parameter(
        Name="/identity/left-alone", Type="String", Value="by hand", Overwrite=True
    )


def overwrite_what_an_output_shows(hands: Hands) -> None:
    hands.client("ssm").put_parameter(
        Name="/identity/plain/one", Type="String", Value="1", Description="plain one", Overwrite=True
    )


def lengthen_the_session(hands: Hands) -> None:
    hands.client("iam").update_role(RoleName="deploy", MaxSessionDuration=43200)


def allow_more(hands: Hands) -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    hands.client("iam").put_role_policy(
        RoleName="deploy", PolicyName="inline", PolicyDocument=json.dumps(document)
    )


def tag_ana(hands: Hands) -> None:
    hands.client("iam").tag_user(UserName="ana", Tags=[{"Key": "added", "Value": "by hand"}])


def add_ana_to_the_writers(hands: Hands) -> None:
    """Beside what terraform manages: a membership does not own the other groups."""
    hands.client("iam").add_user_to_group(UserName="ana", GroupName="writers")


def describe_the_key(hands: Hands) -> None:
    hands.client("kms").update_key_description(
        KeyId=hands.attribute("aws_kms_key.main"), Description="by hand"
    )


def disable_the_key(hands: Hands) -> None:
    hands.client("kms").disable_key(KeyId=hands.attribute("aws_kms_key.main"))


def change_the_password(hands: Hands) -> None:
    hands.client("ssm").put_parameter(
        Name="/identity/password", Type="SecureString", Value="by hand", Overwrite=True
    )


def put_a_secret(hands: Hands) -> None:
    hands.client("secretsmanager").put_secret_value(SecretId="database", SecretString='{"user": "by hand"}')


def detach_the_policy(hands: Hands) -> None:
    hands.client("iam").detach_role_policy(
        RoleName="deploy", PolicyArn=hands.attribute("aws_iam_policy.read")
    )


def delete_ben(hands: Hands) -> None:
    iam = hands.client("iam")
    for group in ("readers", "writers"):
        iam.remove_user_from_group(UserName="ben", GroupName=group)
    iam.delete_user(UserName="ben")


def delete_the_alias(hands: Hands) -> None:
    hands.client("kms").delete_alias(AliasName="alias/main")


def delete_a_parameter(hands: Hands) -> None:
    hands.client("ssm").delete_parameter(Name="/identity/plain/one")


IDENTITY = Case(
    "identity",
    "eu-west-1",
    (
        Situation("clean"),
        Situation(
            "code",
            code="code",
            finds=Found(
                planned={
                    "data.aws_secretsmanager_secret_version.database": "read",
                    "data.aws_ssm_parameter.password": "read",
                    "aws_iam_role.deploy": "update",
                    "aws_iam_role_policy.deploy": "update",
                    "aws_secretsmanager_secret_version.database": "delete+create",
                    "aws_ssm_parameter.password": "update",
                    'module.person["ana"].aws_iam_user_group_membership.this': "update",
                    'module.person["cleo"].aws_iam_user.this': 'update from module.person["ben"].aws_iam_user.this',
                    'module.person["cleo"].aws_iam_user_group_membership.this': 'delete+create from module.person["ben"].aws_iam_user_group_membership.this',
                },
                outputs=frozenset({"database", "password", "people"}),
                failed_checks=frozenset({"check.sessions_are_short"}),
            ),
        ),
        Situation(
            "only computed",
            by_hand=(overwrite_with_the_same, change_what_is_ignored),
            finds=Found(
                drifted=frozenset({"aws_ssm_parameter.left_alone", 'aws_ssm_parameter.plain["two"]'}),
            ),
        ),
        Situation(
            "only an output",
            by_hand=(overwrite_what_an_output_shows,),
            finds=Found(
                drifted=frozenset({'aws_ssm_parameter.plain["one"]'}),
                outputs=frozenset({"plain_version"}),
            ),
        ),
        Situation(
            "changed",
            by_hand=(
                lengthen_the_session,
                allow_more,
                tag_ana,
                add_ana_to_the_writers,
                describe_the_key,
                disable_the_key,
                change_the_password,
                put_a_secret,
            ),
            finds=Found(
                planned={
                    "data.aws_iam_policy_document.deploy": "read",
                    "data.aws_ssm_parameter.password": "read",
                    "aws_iam_role.deploy": "update",
                    "aws_iam_role_policy.deploy": "update",
                    "aws_kms_key.main": "update",
                    "aws_ssm_parameter.password": "update",
                    'module.person["ana"].aws_iam_user.this': "update",
                },
                drifted=frozenset(
                    {
                        "aws_iam_role.deploy",
                        "aws_iam_role_policy.deploy",
                        "aws_kms_key.main",
                        "aws_secretsmanager_secret_version.database",
                        "aws_ssm_parameter.password",
                        'module.person["ana"].aws_iam_user.this',
                    }
                ),
                outputs=frozenset({"database", "password"}),
            ),
        ),
        Situation(
            "deleted",
            code="checks",
            by_hand=(detach_the_policy, delete_ben, delete_the_alias, delete_a_parameter),
            finds=Found(
                planned={
                    "data.aws_kms_alias.found": "read",
                    "aws_iam_role_policy_attachment.read": "create",
                    "aws_kms_alias.main": "create",
                    'aws_ssm_parameter.plain["one"]': "create",
                    'module.person["ben"].aws_iam_user.this': "create",
                    'module.person["ben"].aws_iam_user_group_membership.this': "create",
                },
                drifted=frozenset(
                    {
                        "aws_iam_policy.read",
                        "aws_iam_role_policy_attachment.read",
                        "aws_kms_alias.main",
                        'module.person["ben"].aws_iam_user.this',
                        'module.person["ben"].aws_iam_user_group_membership.this',
                    }
                ),
                outputs=frozenset({"people"}),
                failed_checks=frozenset({"check.the_alias_leads_to_the_key"}),
            ),
        ),
    ),
)
