"""Which calls change which attribute of a resource: for the types that drift most. Other types are judged by the verb.

Names of calls as CloudTrail records them: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from runner.model.values.frozen import dataclass

TAGS = "TagResource UntagResource TagResources UntagResources CreateTags DeleteTags AddTagsToResource RemoveTagsFromResource"


@dataclass(frozen=True)
class Calls:
    """`changes` are calls by attributes, as globs; the first row that matches counts. A row for `*` is of calls that set
    many attributes, so they have to name the one that changed. `gone` are the calls after which there is no resource.

    `owner` are the attributes that name the resource which calls are made for, where that is another one.
    """

    service: str
    changes: Mapping[str, frozenset[str]]
    gone: frozenset[str]
    owner: tuple[str, ...] = ()

    def row(self, attribute: str, call: str) -> tuple[bool, frozenset[str]]:
        """The calls that set the attribute, and whether this one sets it alone."""
        for glob, calls in self.changes.items():
            if fnmatchcase(attribute, glob):
                return glob != "*" and call not in self.changes.get("*", ()), calls
        return False, frozenset()

    @property
    def all(self) -> frozenset[str]:
        return frozenset().union(*self.changes.values())


def _calls(service: str, changes: Mapping[str, str], gone: str, *owner: str) -> Calls:
    rows = {glob: frozenset(calls.split()) for glob, calls in changes.items()}
    rows.setdefault("tags*", frozenset())
    rows["tags*"] |= frozenset(TAGS.split())
    ordered = {glob: rows[glob] for glob in sorted(rows, key=lambda one: one == "*")}
    return Calls(service, ordered, frozenset(gone.split()), owner)


_IN = "AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress UpdateSecurityGroupRuleDescriptionsIngress ModifySecurityGroupRules"
_OUT = _IN.replace("Ingress", "Egress")
_SG_RULES = f"{_IN} {_OUT}"
_RULE_GONE = "RevokeSecurityGroupIngress RevokeSecurityGroupEgress DeleteSecurityGroup"
_BUCKET_GONE = "DeleteBucket"

TABLE: Mapping[str, Calls] = {
    # Compute
    "aws_instance": _calls(
        "ec2",
        {
            "instance_state": "StopInstances StartInstances TerminateInstances",
            "iam_instance_profile": "AssociateIamInstanceProfile ReplaceIamInstanceProfileAssociation DisassociateIamInstanceProfile",
            "metadata_options*": "ModifyInstanceMetadataOptions",
            "credit_specification*": "ModifyInstanceCreditSpecification",
            "monitoring": "MonitorInstances UnmonitorInstances",
            "root_block_device*": "ModifyVolume ModifyInstanceAttribute",
            "vpc_security_group_ids*": "ModifyInstanceAttribute ModifyNetworkInterfaceAttribute",
            "*": "ModifyInstanceAttribute",
        },
        "TerminateInstances",
    ),
    "aws_ebs_volume": _calls("ec2", {"*": "ModifyVolume"}, "DeleteVolume"),
    "aws_launch_template": _calls(
        "ec2",
        {
            "default_version": "ModifyLaunchTemplate CreateLaunchTemplateVersion",
            "latest_version": "CreateLaunchTemplateVersion",
            "*": "CreateLaunchTemplateVersion",
        },
        "DeleteLaunchTemplate",
    ),
    "aws_autoscaling_group": _calls(
        "autoscaling",
        {
            "desired_capacity": "SetDesiredCapacity UpdateAutoScalingGroup",
            "tag*": "CreateOrUpdateTags DeleteTags",
            "suspended_processes*": "SuspendProcesses ResumeProcesses",
            "target_group_arns*": "AttachLoadBalancerTargetGroups DetachLoadBalancerTargetGroups",
            "enabled_metrics*": "EnableMetricsCollection DisableMetricsCollection",
            "*": "UpdateAutoScalingGroup",
        },
        "DeleteAutoScalingGroup",
    ),
    "aws_lambda_function": _calls(
        "lambda",
        {
            "source_code*": "UpdateFunctionCode",
            "image_uri": "UpdateFunctionCode",
            "s3_*": "UpdateFunctionCode",
            "architectures*": "UpdateFunctionCode",
            "reserved_concurrent_executions": "PutFunctionConcurrency DeleteFunctionConcurrency",
            "environment*": "UpdateFunctionConfiguration",
            "*": "UpdateFunctionConfiguration",
        },
        "DeleteFunction",
    ),
    "aws_lambda_permission": _calls(
        "lambda", {"*": "AddPermission RemovePermission"}, "RemovePermission DeleteFunction", "function_name"
    ),
    "aws_ecs_service": _calls(
        "ecs", {"desired_count": "UpdateService", "*": "UpdateService"}, "DeleteService", "cluster"
    ),
    "aws_ecs_cluster": _calls(
        "ecs", {"setting*": "UpdateClusterSettings UpdateCluster", "*": "UpdateCluster"}, "DeleteCluster"
    ),
    "aws_eks_cluster": _calls(
        "eks", {"version": "UpdateClusterVersion", "*": "UpdateClusterConfig"}, "DeleteCluster"
    ),
    "aws_eks_node_group": _calls(
        "eks",
        {
            "version": "UpdateNodegroupVersion",
            "release_version": "UpdateNodegroupVersion",
            "*": "UpdateNodegroupConfig",
        },
        "DeleteNodegroup",
        "node_group_name",
    ),
    "aws_ecr_repository": _calls(
        "ecr",
        {
            "image_tag_mutability": "PutImageTagMutability",
            "image_scanning_configuration*": "PutImageScanningConfiguration",
        },
        "DeleteRepository",
    ),
    # Network
    "aws_vpc": _calls("ec2", {"*": "ModifyVpcAttribute"}, "DeleteVpc"),
    "aws_subnet": _calls("ec2", {"*": "ModifySubnetAttribute"}, "DeleteSubnet"),
    "aws_security_group": _calls("ec2", {"ingress*": _IN, "egress*": _OUT}, "DeleteSecurityGroup"),
    "aws_security_group_rule": _calls("ec2", {"*": _SG_RULES}, _RULE_GONE, "security_group_id"),
    "aws_vpc_security_group_ingress_rule": _calls("ec2", {"*": _IN}, _RULE_GONE, "security_group_id"),
    "aws_vpc_security_group_egress_rule": _calls("ec2", {"*": _OUT}, _RULE_GONE, "security_group_id"),
    "aws_route_table": _calls(
        "ec2",
        {
            "route*": "CreateRoute DeleteRoute ReplaceRoute",
            "propagating_vgws*": "EnableVgwRoutePropagation DisableVgwRoutePropagation",
        },
        "DeleteRouteTable",
    ),
    "aws_route": _calls("ec2", {"*": "ReplaceRoute"}, "DeleteRoute DeleteRouteTable", "route_table_id"),
    "aws_eip": _calls(
        "ec2",
        {"instance": "AssociateAddress DisassociateAddress", "*": "AssociateAddress DisassociateAddress"},
        "ReleaseAddress",
        "allocation_id",
    ),
    "aws_lb": _calls(
        "elasticloadbalancing",
        {
            "security_groups*": "SetSecurityGroups",
            "subnet*": "SetSubnets",
            "ip_address_type": "SetIpAddressType",
            "*": "ModifyLoadBalancerAttributes",
        },
        "DeleteLoadBalancer",
    ),
    "aws_lb_listener": _calls(
        "elasticloadbalancing",
        {"certificate_arn": "ModifyListener AddListenerCertificates", "*": "ModifyListener"},
        "DeleteListener DeleteLoadBalancer",
    ),
    "aws_lb_target_group": _calls(
        "elasticloadbalancing",
        {
            "health_check*": "ModifyTargetGroup",
            "stickiness*": "ModifyTargetGroupAttributes",
            "*": "ModifyTargetGroupAttributes ModifyTargetGroup",
        },
        "DeleteTargetGroup",
    ),
    "aws_route53_record": _calls(
        "route53",
        {"*": "ChangeResourceRecordSets"},
        "ChangeResourceRecordSets DeleteHostedZone",
        "zone_id",
        "name",
    ),
    "aws_cloudfront_distribution": _calls("cloudfront", {"*": "UpdateDistribution"}, "DeleteDistribution"),
    # Data
    "aws_db_instance": _calls(
        "rds",
        {"status": "StopDBInstance StartDBInstance", "*": "ModifyDBInstance"},
        "DeleteDBInstance",
    ),
    "aws_rds_cluster": _calls("rds", {"*": "ModifyDBCluster"}, "DeleteDBCluster"),
    "aws_db_parameter_group": _calls(
        "rds", {"parameter*": "ModifyDBParameterGroup ResetDBParameterGroup"}, "DeleteDBParameterGroup"
    ),
    "aws_dynamodb_table": _calls(
        "dynamodb",
        {
            "point_in_time_recovery*": "UpdateContinuousBackups",
            "ttl*": "UpdateTimeToLive",
            "*": "UpdateTable",
        },
        "DeleteTable",
    ),
    "aws_elasticache_replication_group": _calls(
        "elasticache",
        {
            "*": "ModifyReplicationGroup",
            "num_*": "ModifyReplicationGroupShardConfiguration IncreaseReplicaCount DecreaseReplicaCount",
        },
        "DeleteReplicationGroup",
    ),
    "aws_s3_bucket": _calls(
        "s3",
        {
            "tags*": "PutBucketTagging DeleteBucketTagging",
            "policy": "PutBucketPolicy DeleteBucketPolicy",
            "versioning*": "PutBucketVersioning",
            "server_side_encryption*": "PutBucketEncryption DeleteBucketEncryption",
            "lifecycle_rule*": "PutBucketLifecycle PutBucketLifecycleConfiguration DeleteBucketLifecycle",
            "logging*": "PutBucketLogging",
            "acl": "PutBucketAcl",
            "grant*": "PutBucketAcl",
            "cors_rule*": "PutBucketCors DeleteBucketCors",
            "website*": "PutBucketWebsite DeleteBucketWebsite",
        },
        _BUCKET_GONE,
    ),
    "aws_s3_bucket_versioning": _calls("s3", {"versioning*": "PutBucketVersioning"}, _BUCKET_GONE, "bucket"),
    "aws_s3_bucket_policy": _calls(
        "s3", {"policy": "PutBucketPolicy"}, f"DeleteBucketPolicy {_BUCKET_GONE}", "bucket"
    ),
    "aws_s3_bucket_public_access_block": _calls(
        "s3",
        {"*": "PutBucketPublicAccessBlock PutPublicAccessBlock"},
        f"DeleteBucketPublicAccessBlock DeletePublicAccessBlock {_BUCKET_GONE}",
        "bucket",
    ),
    "aws_s3_bucket_server_side_encryption_configuration": _calls(
        "s3", {"rule*": "PutBucketEncryption"}, f"DeleteBucketEncryption {_BUCKET_GONE}", "bucket"
    ),
    "aws_s3_bucket_lifecycle_configuration": _calls(
        "s3",
        {"rule*": "PutBucketLifecycle PutBucketLifecycleConfiguration"},
        f"DeleteBucketLifecycle {_BUCKET_GONE}",
        "bucket",
    ),
    # Identity and keys
    "aws_iam_role": _calls(
        "iam",
        {
            "assume_role_policy": "UpdateAssumeRolePolicy",
            "inline_policy*": "PutRolePolicy DeleteRolePolicy",
            "managed_policy_arns*": "AttachRolePolicy DetachRolePolicy",
            "permissions_boundary": "PutRolePermissionsBoundary DeleteRolePermissionsBoundary",
            "tags*": "TagRole UntagRole",
            "*": "UpdateRole UpdateRoleDescription",
        },
        "DeleteRole",
    ),
    "aws_iam_role_policy": _calls("iam", {"policy": "PutRolePolicy"}, "DeleteRolePolicy DeleteRole", "role"),
    "aws_iam_role_policy_attachment": _calls(
        "iam", {"*": "AttachRolePolicy DetachRolePolicy"}, "DetachRolePolicy DeleteRole", "role"
    ),
    "aws_iam_policy": _calls(
        "iam",
        {"policy": "CreatePolicyVersion SetDefaultPolicyVersion", "tags*": "TagPolicy UntagPolicy"},
        "DeletePolicy",
    ),
    "aws_iam_user": _calls(
        "iam",
        {
            "permissions_boundary": "PutUserPermissionsBoundary DeleteUserPermissionsBoundary",
            "tags*": "TagUser UntagUser",
            "*": "UpdateUser",
        },
        "DeleteUser",
    ),
    "aws_kms_key": _calls(
        "kms",
        {
            "policy": "PutKeyPolicy",
            "enable_key_rotation": "EnableKeyRotation DisableKeyRotation",
            "rotation_period_in_days": "EnableKeyRotation",
            "is_enabled": "EnableKey DisableKey",
            "description": "UpdateKeyDescription",
        },
        "ScheduleKeyDeletion",
    ),
    "aws_kms_alias": _calls("kms", {"target*": "UpdateAlias"}, "DeleteAlias"),
    "aws_secretsmanager_secret": _calls(
        "secretsmanager",
        {
            "policy": "PutResourcePolicy DeleteResourcePolicy",
            "*": "UpdateSecret",
        },
        "DeleteSecret",
    ),
    "aws_ssm_parameter": _calls("ssm", {"*": "PutParameter"}, "DeleteParameter DeleteParameters"),
    # Messages, logs and metrics
    "aws_sqs_queue": _calls(
        "sqs",
        {
            "policy": "SetQueueAttributes AddPermission RemovePermission",
            "tags*": "TagQueue UntagQueue",
            "*": "SetQueueAttributes",
        },
        "DeleteQueue",
    ),
    "aws_sns_topic": _calls(
        "sns",
        {"policy": "SetTopicAttributes AddPermission RemovePermission", "*": "SetTopicAttributes"},
        "DeleteTopic",
    ),
    "aws_sns_topic_subscription": _calls(
        "sns", {"*": "SetSubscriptionAttributes"}, "Unsubscribe DeleteTopic"
    ),
    "aws_cloudwatch_log_group": _calls(
        "logs",
        {
            "retention_in_days": "PutRetentionPolicy DeleteRetentionPolicy",
            "kms_key_id": "AssociateKmsKey DisassociateKmsKey",
            "tags*": "TagLogGroup UntagLogGroup",
        },
        "DeleteLogGroup",
    ),
    "aws_cloudwatch_metric_alarm": _calls(
        "monitoring",
        {"actions_enabled": "EnableAlarmActions DisableAlarmActions PutMetricAlarm", "*": "PutMetricAlarm"},
        "DeleteAlarms",
    ),
    "aws_cloudwatch_event_rule": _calls(
        "events",
        {
            "state": "EnableRule DisableRule PutRule",
            "is_enabled": "EnableRule DisableRule PutRule",
            "*": "PutRule",
        },
        "DeleteRule",
    ),
    "aws_api_gateway_stage": _calls(
        "apigateway", {"*": "UpdateStage CreateDeployment"}, "DeleteStage DeleteRestApi", "rest_api_id"
    ),
    "aws_api_gateway_rest_api": _calls("apigateway", {"*": "UpdateRestApi PutRestApi"}, "DeleteRestApi"),
}

# Of types of which one owner has several: the attribute that tells them apart, and the parameter of calls that has it.
DISTINCT: Mapping[str, tuple[str, str]] = {
    "aws_api_gateway_stage": ("stage_name", "stagename"),
    "aws_ecs_service": ("name", "service"),
    "aws_iam_role_policy": ("name", "policyname"),
    "aws_iam_role_policy_attachment": ("policy_arn", "policyarn"),
    "aws_lambda_permission": ("statement_id", "statementid"),
    "aws_route": ("destination_cidr_block", "destinationcidrblock"),
    "aws_route53_record": ("fqdn", "name"),
}

# Parameters that are not called like the attribute that they set.
ALIASES: Mapping[str, str] = {
    "aws_ebs_volume.type": "volumetype",
    "aws_sqs_queue.max_message_size": "maximummessagesize",
    "aws_sqs_queue.message_retention_seconds": "messageretentionperiod",
    "aws_sqs_queue.receive_wait_time_seconds": "receivemessagewaittimeseconds",
    "aws_cloudwatch_metric_alarm.alarm_description": "alarmdescription",
    "aws_lb_target_group.deregistration_delay": "deregistrationdelaytimeoutseconds",
}

# For the other types: the service of the names that calls have, by how the type begins. The longest one counts.
SERVICES: Mapping[str, str] = {
    "aws_acm_": "acm", "aws_api_gateway_": "apigateway", "aws_apigatewayv2_": "apigateway", "aws_appautoscaling_": "autoscaling",
    "aws_athena_": "athena", "aws_autoscaling_": "autoscaling", "aws_backup_": "backup", "aws_batch_": "batch",
    "aws_cloudfront_": "cloudfront", "aws_cloudtrail": "cloudtrail", "aws_cloudwatch_event_": "events",
    "aws_cloudwatch_log_": "logs", "aws_cloudwatch_": "monitoring", "aws_codebuild_": "codebuild",
    "aws_codepipeline": "codepipeline", "aws_cognito_": "cognito-idp", "aws_config_": "config", "aws_db_": "rds",
    "aws_docdb_": "rds", "aws_dynamodb_": "dynamodb", "aws_ebs_": "ec2", "aws_ec2_": "ec2", "aws_ecr_": "ecr",
    "aws_ecs_": "ecs", "aws_efs_": "elasticfilesystem", "aws_eip": "ec2", "aws_eks_": "eks", "aws_elasticache_": "elasticache",
    "aws_elb": "elasticloadbalancing", "aws_flow_log": "ec2", "aws_glue_": "glue", "aws_guardduty_": "guardduty",
    "aws_iam_": "iam", "aws_instance": "ec2", "aws_internet_gateway": "ec2", "aws_key_pair": "ec2", "aws_kinesis_": "kinesis",
    "aws_kms_": "kms", "aws_lambda_": "lambda", "aws_launch_template": "ec2", "aws_lb": "elasticloadbalancing",
    "aws_msk_": "kafka", "aws_nat_gateway": "ec2", "aws_neptune_": "rds", "aws_network_": "ec2", "aws_opensearch_": "es",
    "aws_rds_": "rds", "aws_redshift_": "redshift", "aws_route53_": "route53", "aws_route": "ec2", "aws_s3_": "s3",
    "aws_secretsmanager_": "secretsmanager", "aws_security_group": "ec2", "aws_ses": "ses", "aws_sfn_": "states",
    "aws_sns_": "sns", "aws_sqs_": "sqs", "aws_ssm_": "ssm", "aws_subnet": "ec2", "aws_vpc": "ec2", "aws_vpn_": "ec2",
    "aws_wafv2_": "wafv2",
}  # fmt: skip


MOST_CALLS = 4


def calls_that_explain(kind: str, attributes: Iterable[str], *, gone: bool) -> tuple[str, ...]:
    """The calls to look for where names find nothing; none for types without a row, of which calls are not known."""
    known = TABLE.get(kind)
    if known is None:
        return ()
    wanted = [known.gone] if gone else [known.row(attribute, "")[1] for attribute in attributes]
    return tuple(sorted(frozenset().union(*wanted) - frozenset(TAGS.split())))[:MOST_CALLS]


def service_of(kind: str) -> str:
    """Empty if it is not known."""
    if kind in TABLE:
        return TABLE[kind].service
    known = [prefix for prefix in SERVICES if kind.startswith(prefix)]
    return SERVICES[max(known, key=len)] if known else ""
