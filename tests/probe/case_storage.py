"""Stored things: what people do to them by hand, what a failed apply leaves, and what a plan makes of it."""

from probe_case import Case, Found, Hands, Situation, State

BUCKET = "driftline-orders"
OLD_GROUP = "/app/old"


def make_an_old_group(hands: Hands) -> None:
    hands.client("logs").create_log_group(logGroupName=OLD_GROUP)


def leave_the_old_group_deposed(state: State) -> None:
    """As an apply does that made the new group and could not destroy the old one."""
    for resource in state["resources"]:
        if resource["type"] == "aws_cloudwatch_log_group":
            current = resource["instances"][0]
            arn = current["attributes"]["arn"].replace("/app/0", OLD_GROUP)
            attributes = current["attributes"] | {"id": OLD_GROUP, "name": OLD_GROUP, "arn": arn}
            deposed = current | {"deposed": "0a1b2c3d", "attributes": attributes}
            resource["instances"].insert(1, deposed)


def suspend_versioning(hands: Hands) -> None:
    hands.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})


def tag_the_bucket(hands: Hands) -> None:
    """One that the provider is told to ignore, and one that it is not."""
    tags = {"Name": "orders", "owner": "home", "stage": "test", "billing:team": "orders", "added": "by hand"}
    tag_set = [{"Key": key, "Value": value} for key, value in tags.items()]
    hands.client("s3").put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": tag_set})


def overwrite_a_sign(hands: Hands) -> None:
    hands.client("s3").put_object(Bucket=BUCKET, Key="in/sign", Body=b"by hand")


def change_the_item(hands: Hands) -> None:
    hands.client("dynamodb").put_item(
        TableName="orders", Item={"id": {"S": "first"}, "total": {"N": "8"}, "added": {"BOOL": True}}
    )


def stop_scanning(hands: Hands) -> None:
    hands.client("ecr").put_image_scanning_configuration(
        repositoryName="app", imageScanningConfiguration={"scanOnPush": False}
    )


def keep_logs_longer(hands: Hands) -> None:
    hands.client("logs").put_retention_policy(logGroupName="/app/0", retentionInDays=365)


def delete_a_sign(hands: Hands) -> None:
    s3 = hands.client("s3")
    for version in s3.list_object_versions(Bucket=BUCKET, Prefix="out/")["Versions"]:
        s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])


def delete_the_table(hands: Hands) -> None:
    hands.client("dynamodb").delete_table(TableName="orders")


def delete_a_group(hands: Hands) -> None:
    hands.client("logs").delete_log_group(logGroupName="/app/1")


def open_the_bucket(hands: Hands) -> None:
    hands.client("s3").delete_public_access_block(Bucket=BUCKET)


def delete_the_ecr_policy(hands: Hands) -> None:
    hands.client("ecr").delete_lifecycle_policy(repositoryName="app")


STORAGE = Case(
    "storage",
    "eu-west-1",
    (
        Situation("clean"),
        Situation(
            "code",
            code="code",
            by_hand=(make_an_old_group,),
            commands=(("taint", "module.storage.aws_cloudwatch_log_metric_filter.errors"),),
            state=(leave_the_old_group_deposed,),
            finds=Found(
                planned={
                    "module.storage.aws_cloudwatch_log_group.app[0]": "update",
                    "module.storage.aws_cloudwatch_log_group.app[0] (deposed)": "delete",
                    "module.storage.aws_cloudwatch_log_group.app[1]": "update",
                    "module.storage.aws_cloudwatch_log_metric_filter.errors": "delete+create",
                    "module.storage.aws_ecr_repository.app": "update",
                    "module.storage.aws_ssm_parameter.new_name": "no-op from module.storage.aws_ssm_parameter.old_name",
                    "module.storage.aws_ssm_parameter.retired": "delete",
                },
            ),
        ),
        Situation(
            "changed",
            by_hand=(
                suspend_versioning,
                tag_the_bucket,
                overwrite_a_sign,
                change_the_item,
                stop_scanning,
                keep_logs_longer,
            ),
            finds=Found(
                planned={
                    "module.storage.aws_cloudwatch_log_group.app[0]": "update",
                    "module.storage.aws_dynamodb_table_item.first": "update",
                    "module.storage.aws_ecr_repository.app": "update",
                    "module.storage.module.store.aws_s3_bucket.this": "update",
                    "module.storage.module.store.aws_s3_bucket_versioning.this": "update",
                    'module.storage.module.store.module.vault["in"].aws_s3_object.sign': "update",
                },
                drifted=frozenset(
                    {
                        "module.storage.aws_cloudwatch_log_group.app[0]",
                        "module.storage.aws_dynamodb_table_item.first",
                        "module.storage.aws_ecr_repository.app",
                        "module.storage.module.store.aws_s3_bucket.this",
                        "module.storage.module.store.aws_s3_bucket_versioning.this",
                        'module.storage.module.store.module.vault["in"].aws_s3_object.sign',
                    }
                ),
            ),
        ),
        Situation(
            "deleted",
            by_hand=(
                delete_a_sign,
                delete_the_table,
                delete_a_group,
                open_the_bucket,
                delete_the_ecr_policy,
            ),
            finds=Found(
                planned={
                    "module.storage.aws_cloudwatch_log_group.app[1]": "create",
                    "module.storage.aws_dynamodb_table.orders": "create",
                    "module.storage.aws_dynamodb_table_item.first": "create",
                    "module.storage.aws_ecr_lifecycle_policy.app": "create",
                    "module.storage.module.store.aws_s3_bucket_public_access_block.this": "create",
                    'module.storage.module.store.module.vault["out"].aws_s3_object.sign': "create",
                },
                drifted=frozenset(
                    {
                        "module.storage.aws_cloudwatch_log_group.app[1]",
                        "module.storage.aws_dynamodb_table.orders",
                        "module.storage.aws_ecr_lifecycle_policy.app",
                        "module.storage.module.store.aws_s3_bucket_public_access_block.this",
                        'module.storage.module.store.module.vault["out"].aws_s3_object.sign',
                    }
                ),
                outputs=frozenset({"orders"}),
            ),
        ),
    ),
)
