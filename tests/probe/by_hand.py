"""Somebody changes objects of `cases/types` in the consoles of AWS."""

import json
import re
from typing import Any

from probe_lab import Stack

REGION = "eu-west-1"
BY_HAND = {"Key": "by", "Value": "hand"}
# What `CreateTags` of EC2 takes, by its ids.
ID = re.compile(
    "(ami|eigw|eipalloc|eni|fl|i|igw|key|lt|nat|acl|pcx|pl|rtb|cgw|dopt|sg|snap|subnet|tgw|vgw|vol|vpc|vpce)-[0-9a-f]+"
)


def ids(stack: Stack) -> dict[str, str]:
    """Of one object of each type."""
    return {
        resource["type"]: str(instance["attributes"].get("id"))
        for resource in json.loads(stack.applied)["resources"]
        if resource["mode"] == "managed"
        for instance in resource["instances"]
    }


def change_by_hand(stack: Stack) -> None:
    known = ids(stack)

    def of(service: str) -> Any:
        return stack.client(service, REGION)

    tagged = sorted({one for one in known.values() if ID.fullmatch(one)})
    of("ec2").create_tags(Resources=tagged, Tags=[BY_HAND])
    of("sns").set_topic_attributes(
        TopicArn=known["aws_sns_topic"], AttributeName="DisplayName", AttributeValue="by hand"
    )
    of("sqs").set_queue_attributes(QueueUrl=known["aws_sqs_queue"], Attributes={"VisibilityTimeout": "77"})
    of("logs").put_retention_policy(logGroupName=known["aws_cloudwatch_log_group"], retentionInDays=400)
    of("kms").update_key_description(KeyId=known["aws_kms_key"], Description="by hand")
    of("ssm").put_parameter(Name=known["aws_ssm_parameter"], Value="by hand", Overwrite=True)
    of("secretsmanager").update_secret(SecretId=known["aws_secretsmanager_secret"], Description="by hand")
    of("secretsmanager").put_secret_value(SecretId=known["aws_secretsmanager_secret"], SecretString="by hand")
    iam = of("iam")
    iam.update_role(RoleName=known["aws_iam_role"], Description="by hand", MaxSessionDuration=7200)
    iam.tag_user(UserName=known["aws_iam_user"], Tags=[BY_HAND])
    iam.tag_policy(PolicyArn=known["aws_iam_policy"], Tags=[BY_HAND])
    iam.delete_account_alias(AccountAlias=known["aws_iam_account_alias"])
    iam.update_account_password_policy(MinimumPasswordLength=31)
    group, policy = known["aws_iam_group_policy"].split(":")
    iam.delete_group_policy(GroupName=group, PolicyName=policy)
    s3, bucket = of("s3"), known["aws_s3_bucket"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_bucket_cors(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_bucket_website(Bucket=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [BY_HAND]})
    of("cloudwatch").delete_alarms(AlarmNames=[known["aws_cloudwatch_metric_alarm"]])
    of("cloudwatch").delete_dashboards(DashboardNames=[known["aws_cloudwatch_dashboard"]])
    of("lambda").update_function_configuration(
        FunctionName=known["aws_lambda_function"], Description="by hand"
    )
    of("ecr").put_image_tag_mutability(
        repositoryName=known["aws_ecr_repository"], imageTagMutability="IMMUTABLE"
    )
    of("route53").update_health_check(HealthCheckId=known["aws_route53_health_check"], FailureThreshold=5)
