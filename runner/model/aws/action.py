"""Which IAM action allows an operation: mostly the one that is named like it."""

from collections.abc import Mapping

# Where the prefix is not the name that boto3 has for the service.
_PREFIXES: Mapping[str, str] = {
    "apigatewayv2": "apigateway",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "opensearch": "es",
    "resourcegroupstaggingapi": "tag",
    "stepfunctions": "states",
}
# S3 has its own names, and API Gateway those of the methods of HTTP.
_ACTIONS: Mapping[str, str] = {
    "apigateway:GetApis": "apigateway:GET",
    "apigateway:GetRestApis": "apigateway:GET",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectsV2": "s3:ListBucket",
}


def iam_action(service: str, operation: str) -> str:
    """Of an operation as boto3 and the service name them."""
    named = f"{_PREFIXES.get(service, service)}:{operation}"
    return _ACTIONS.get(named, named)
