"""What AWS does not do when Driftline itself looks into an account. No fact may contain a request or a secret."""

from runner.errors.base import DriftlineError, NotFound


class AwsDenied(DriftlineError):
    """{identity} may not use {action}{resource} in {place}"""

    exit_code = 6
    hint_template = "driftline aws policy {account}   prints the policy that it needs"


class AwsForbidden(AwsDenied):
    """{identity} may not use {action}{resource} in {place}: a {policy} policy denies it explicitly"""

    hint_template = "change that policy, or remove the region or the account from aws in the configuration"


class AwsThrottled(DriftlineError):
    """AWS throttles {action} in {place}"""

    exit_code = 75
    hint_template = "wait; Driftline tries again by itself"


class AwsGone(DriftlineError):
    """AWS does not find what {action} asks for in {place}: {problem}"""

    exit_code = 5
    hint_template = "correct its name under aws in the configuration, or create it"


class AwsUnreachable(DriftlineError):
    """AWS cannot be reached for {action} in {place}: {problem}"""

    exit_code = 69
    hint_template = "check the network, the proxy and AWS_ENDPOINT_URL of the daemon:   driftline doctor"


class AwsRefused(DriftlineError):
    """AWS refused {action} in {place}: {problem}"""

    hint_template = "the API reference of the service at AWS explains {problem}"


class AwsIdentityMissing(DriftlineError):
    """no AWS credentials to read account {account} with: {problem}"""

    exit_code = 78
    hint_template = "give the daemon an instance profile, a web identity or AWS_PROFILE, and restart it"


class IgnoreFileUnread(DriftlineError):
    """{file}, which says what drift coverage ignores, cannot be read: {problem}"""

    exit_code = 78
    hint_template = "correct the file, or drift.coverage.ignore_file in the configuration"


class ResourceNotListed(NotFound):
    """{resource} is not among the resources that no stack manages"""

    hint_template = "driftline drift coverage --now   lists the accounts again"


class AwsAccountDiffers(DriftlineError):
    """the credentials that should read account {account} belong to account {other}"""

    exit_code = 78
    hint_template = "correct account or read_role of aws in the configuration"


class AwsAccountUnknown(NotFound):
    """account {account} is not in the configuration"""

    hint_template = "add it to aws in the configuration; docs/aws.md shows how"
