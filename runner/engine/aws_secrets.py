"""`${aws-secret:NAME}` and `${aws-ssm:NAME}`: values from AWS Secrets Manager and SSM Parameter Store.

With the daemon's own identity, and in its region or that of the ARN.
"""

from typing import Any, Literal

from runner.host.reference import Unresolved


def fetch(kind: str, name: str) -> str:
    """The text of a secret, or the decrypted value of a parameter; Unresolved without any of it."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    region = name.split(":")[3] if name.startswith("arn:") and name.count(":") >= 5 else None
    config = Config(connect_timeout=5, read_timeout=15, retries={"max_attempts": 3})

    def client(service: Literal["secretsmanager", "ssm"]) -> Any:
        # A session of its own: boto3's default session is not thread-safe.
        return boto3.session.Session().client(service, region_name=region, config=config)

    try:
        if kind == "aws-ssm":
            answer = client("ssm").get_parameter(Name=name, WithDecryption=True)
            return str(answer["Parameter"]["Value"])
        found = client("secretsmanager").get_secret_value(SecretId=name)
    except ClientError as error:
        # The code and not the text, which may repeat the request.
        code = error.response.get("Error", {}).get("Code", "unknown error")
        raise Unresolved(f"${{{kind}:{name}}}: {code}") from None
    except (BotoCoreError, ValueError) as error:
        raise Unresolved(f"${{{kind}:{name}}}: {type(error).__name__}") from None
    if "SecretString" not in found:
        raise Unresolved(f"${{{kind}:{name}}} is binary; a context needs a text")
    return str(found["SecretString"])
