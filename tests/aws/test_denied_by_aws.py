"""Which permission is missing, from what AWS says."""

import pytest

from runner.model.aws.denied import Denial, denial

WHO = "arn:aws:sts::111122223333:assumed-role/driftline-reads/driftline-reads"
TRAIL = "arn:aws:s3:::acme-trails"


@pytest.mark.parametrize(
    ("service", "operation", "message", "found"),
    [
        pytest.param(
            "cloudtrail",
            "LookupEvents",
            f"User: {WHO} is not authorized to perform: cloudtrail:LookupEvents because no identity-based policy allows the cloudtrail:LookupEvents action",
            Denial("cloudtrail:LookupEvents", WHO),
            id="nothing-allows-it",
        ),
        pytest.param(
            "s3",
            "ListObjectsV2",
            f'User: {WHO} is not authorized to perform: s3:ListBucket on resource: "{TRAIL}" because no resource-based policy allows the s3:ListBucket action',
            Denial("s3:ListBucket", WHO, TRAIL),
            id="with-a-resource",
        ),
        pytest.param(
            "ec2",
            "DescribeVpcs",
            f"You are not authorized to perform this operation. User: {WHO} is not authorized to perform: ec2:DescribeVpcs with an explicit deny in a service control policy. Encoded authorization failure message: abc",
            Denial("ec2:DescribeVpcs", WHO, policy="service control"),
            id="organization",
        ),
        pytest.param(
            "s3", "GetObject", "Access Denied", Denial("s3:GetObject"), id="no-word-about-what-was-asked"
        ),
        pytest.param("s3", "HeadObject", "Forbidden", Denial("s3:GetObject"), id="not-an-action"),
        pytest.param(
            "resourcegroupstaggingapi", "GetResources", "no", Denial("tag:GetResources"), id="another-name"
        ),
        pytest.param("opensearch", "ListDomainNames", "no", Denial("es:ListDomainNames"), id="an-older-name"),
        pytest.param("apigateway", "GetRestApis", "no", Denial("apigateway:GET"), id="a-method-of-http"),
    ],
)
def test_a_refusal_names_the_missing_action(
    service: str, operation: str, message: str, found: Denial
) -> None:
    assert denial(service, operation, message) == found


def test_a_message_of_any_length_is_read_within_bounds() -> None:
    found = denial("ec2", "DescribeVpcs", "not authorized to perform: " + "a" * 100_000 + " on resource: x")
    assert found.action == "ec2:DescribeVpcs"
