"""The tool that made a call, according to the user agent. A caller can send any, so it is a hint, not evidence."""

from collections.abc import Sequence

# The first one whose text occurs, in lower case.
_TOOLS: Sequence[tuple[str, str]] = (
    ("opentofu", "OpenTofu"),
    ("terraform", "Terraform"),
    ("pulumi", "Pulumi"),
    ("ansible", "Ansible"),
    ("crossplane", "Crossplane"),
    ("aws-cdk", "CDK"),
    ("cloudformation.amazonaws.com", "CloudFormation"),
    ("aws-cli/", "AWS CLI"),
    ("s3console/", "console"),
    ("console.amazonaws.com", "console"),
    ("console.", "console"),
    ("signin.amazonaws.com", "console"),
    ("mozilla/", "console"),
    ("boto3/", "boto3"),
    ("aws-sdk-go", "AWS SDK for Go"),
    ("aws-sdk-java", "AWS SDK for Java"),
    ("aws-sdk-js", "AWS SDK for JavaScript"),
    ("aws-sdk-", "an AWS SDK"),
)


def tool_of(agent: str, *, console: bool = False, on_behalf: str = "") -> str:
    """Empty if no known tool is named."""
    if on_behalf:
        return on_behalf
    if console:
        return "console"
    lower = agent.lower()
    return next((name for text, name in _TOOLS if text in lower), "")
