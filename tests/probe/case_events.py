"""Queues, topics, functions and names: what people do to them by hand, and what a plan makes of it."""

from probe_case import Case, Found, Hands, Situation


def hide_messages_longer(hands: Hands) -> None:
    queue = hands.attribute('module.events.aws_sqs_queue.work["jobs"]')
    hands.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "31"})


def tag_a_queue(hands: Hands) -> None:
    queue = hands.attribute('module.events.aws_sqs_queue.work["mail"]')
    hands.client("sqs").tag_queue(QueueUrl=queue, Tags={"added": "by hand"})


def name_the_topic_otherwise(hands: Hands) -> None:
    hands.client("sns").set_topic_attributes(
        TopicArn=hands.attribute("module.events.module.alerts.aws_sns_topic.alerts"),
        AttributeName="DisplayName",
        AttributeValue="By hand",
    )


def disable_the_rule(hands: Hands) -> None:
    hands.client("events").disable_rule(Name="nightly")


def replace_the_token(hands: Hands) -> None:
    hands.client("ssm").put_parameter(
        Name="/events/token", Type="SecureString", Value="by hand", Overwrite=True
    )


def add_a_variable(hands: Hands) -> None:
    variables = {"QUEUE": "none", "ADDED": "by hand"}
    hands.client("lambda").update_function_configuration(
        FunctionName="worker", Environment={"Variables": variables}
    )


def lead_www_elsewhere(hands: Hands) -> None:
    change_www(hands, "UPSERT", "192.0.2.99")


def delete_www(hands: Hands) -> None:
    change_www(hands, "DELETE", "192.0.2.99")


def change_www(hands: Hands, action: str, address: str) -> None:
    record = {"Name": "www.driftline.test", "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": address}]}
    hands.client("route53").change_resource_record_sets(
        HostedZoneId=hands.attribute("module.events.aws_route53_zone.main"),
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
    )


def unsubscribe(hands: Hands) -> None:
    subscription = hands.attribute("module.events.module.alerts.aws_sns_topic_subscription.queue")
    hands.client("sns").unsubscribe(SubscriptionArn=subscription)


def delete_an_alarm(hands: Hands) -> None:
    hands.client("cloudwatch").delete_alarms(AlarmNames=["depth-1"])


def delete_the_target(hands: Hands) -> None:
    hands.client("events").remove_targets(Rule="nightly", Ids=["worker"])


EVENTS = Case(
    "events",
    "us-west-2",
    (
        Situation("clean"),
        Situation(
            "code",
            code="code",
            finds=Found(
                planned={
                    "module.events.aws_lambda_function.worker": "update",
                    'module.events.aws_sqs_queue.work["jobs"]': "update",
                    'module.events.aws_sqs_queue.work["late"]': "create",
                    "module.events.module.alerts.aws_cloudwatch_metric_alarm.depth[1]": "delete",
                },
            ),
        ),
        Situation(
            "changed",
            by_hand=(
                hide_messages_longer,
                tag_a_queue,
                name_the_topic_otherwise,
                disable_the_rule,
                replace_the_token,
                add_a_variable,
                lead_www_elsewhere,
            ),
            finds=Found(
                planned={
                    "module.events.data.aws_ssm_parameter.token": "read",
                    "module.events.aws_lambda_function.worker": "update",
                    "module.events.aws_route53_record.www": "update",
                    'module.events.aws_sqs_queue.work["jobs"]': "update",
                    'module.events.aws_sqs_queue.work["mail"]': "update",
                    "module.events.aws_ssm_parameter.token": "update",
                    "module.events.module.alerts.aws_sns_topic.alerts": "update",
                },
                drifted=frozenset(
                    {
                        "module.events.aws_cloudwatch_event_rule.nightly",
                        "module.events.aws_lambda_function.worker",
                        "module.events.aws_route53_record.www",
                        'module.events.aws_sqs_queue.work["jobs"]',
                        'module.events.aws_sqs_queue.work["mail"]',
                        "module.events.aws_ssm_parameter.token",
                        "module.events.module.alerts.aws_sns_topic.alerts",
                    }
                ),
                outputs=frozenset({"token"}),
            ),
        ),
        Situation(
            "deleted",
            by_hand=(
                delete_www,
                unsubscribe,
                delete_an_alarm,
                delete_the_target,
            ),
            finds=Found(
                planned={
                    "module.events.aws_cloudwatch_event_target.worker": "create",
                    "module.events.aws_route53_record.www": "create",
                    "module.events.module.alerts.aws_cloudwatch_metric_alarm.depth[1]": "create",
                    "module.events.module.alerts.aws_sns_topic_subscription.queue": "create",
                },
                drifted=frozenset(
                    {
                        "module.events.aws_cloudwatch_event_target.worker",
                        "module.events.module.alerts.aws_cloudwatch_metric_alarm.depth[1]",
                        "module.events.module.alerts.aws_sns_topic_subscription.queue",
                    }
                ),
            ),
        ),
    ),
)
