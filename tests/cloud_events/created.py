"""The printed CloudFormation template, created resource by resource: moto's own engine knows no policy of a queue."""

import json
from typing import Any


def create(clients: Any, template: str) -> None:
    """`clients` gives a client by the name of a service. Nothing in the template may be left over."""
    made: dict[str, dict[str, str]] = {}
    for name, resource in json.loads(template)["Resources"].items():
        assert set(resource) == {"Type", "Properties"}
        given = _resolved(resource["Properties"], made)
        made[name] = _CREATED[resource["Type"]](clients, given)


def _resolved(value: Any, made: dict[str, dict[str, str]]) -> Any:
    match value:
        case {"Ref": name}:
            return made[name]["Ref"]
        case {"Fn::GetAtt": [name, attribute]}:
            return made[name][attribute]
        case dict():
            return {key: _resolved(part, made) for key, part in value.items()}
        case list():
            return [_resolved(part, made) for part in value]
    return value


def _queue(clients: Any, given: dict[str, Any]) -> dict[str, str]:
    sqs = clients("sqs")
    attributes = {key: one if isinstance(one, str) else json.dumps(one) for key, one in given.items()}
    url = sqs.create_queue(QueueName=attributes.pop("QueueName"), Attributes=attributes)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return {"Ref": url, "Arn": found["QueueArn"]}


def _rule(clients: Any, given: dict[str, Any]) -> dict[str, str]:
    events, targets = clients("events"), given.pop("Targets")
    pattern = json.dumps(given.pop("EventPattern"))
    arn = events.put_rule(EventPattern=pattern, **given)["RuleArn"]
    assert events.put_targets(Rule=given["Name"], Targets=targets)["FailedEntryCount"] == 0
    return {"Arn": arn}


def _policy(clients: Any, given: dict[str, Any]) -> dict[str, str]:
    for url in given["Queues"]:
        policy = json.dumps(given["PolicyDocument"])
        clients("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return {}


_CREATED = {"AWS::SQS::Queue": _queue, "AWS::Events::Rule": _rule, "AWS::SQS::QueuePolicy": _policy}
