"""Queues, topics, streams, events, workflows; logs and alarms."""

from runner.aws.listers.lister import Call, Lister, Within
from runner.model.inventory.left_out import Reason

# Without a size it has no pages, and leaves out what is beyond a thousand.
_QUEUES = Call("sqs", "ListQueues", {"MaxResults": 1000})
_BUSES = Call("events", "ListEventBuses", cursor="NextToken")
_ALARMS = Call(
    "cloudwatch", "DescribeAlarms", {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100}
)

MESSAGING = (
    Lister(
        "aws_sqs_queue",
        _QUEUES,
        "QueueUrls",
        name="after(@, '/')",
        id="@",
        arn="arn:{partition}:sqs:{region}:{account}:{name}",
    ),
    Lister(
        "aws_sns_topic",
        Call("sns", "ListTopics"),
        "Topics",
        name="after(TopicArn, ':')",
        id="TopicArn",
        arn="TopicArn",
    ),
    Lister(
        "aws_sns_topic_subscription",
        Call("sns", "ListSubscriptions"),
        "Subscriptions[?starts_with(SubscriptionArn, 'arn:')]",  # without those that nobody confirmed
        name="Endpoint",
        id="SubscriptionArn",
        arn="SubscriptionArn",
        account="Owner",
    ),
    Lister(
        "aws_kinesis_stream",
        Call("kinesis", "ListStreams"),
        "StreamNames",
        name="@",
        arn="arn:{partition}:kinesis:{region}:{account}:stream/{name}",
    ),
    Lister(
        "aws_kinesis_firehose_delivery_stream",
        Call("firehose", "ListDeliveryStreams", {"Limit": 10_000}),  # botocore has no pages of it
        "DeliveryStreamNames",
        name="@",
        id="arn:{partition}:firehose:{region}:{account}:deliverystream/{name}",
        arn="arn:{partition}:firehose:{region}:{account}:deliverystream/{name}",
    ),
    Lister(
        "aws_msk_cluster",
        Call("kafka", "ListClustersV2"),
        "ClusterInfoList",
        name="ClusterName",
        id="ClusterArn",
        arn="ClusterArn",
        created="CreationTime",
        tags="Tags",
    ),
    Lister(
        "aws_sfn_state_machine",
        Call("stepfunctions", "ListStateMachines"),
        "stateMachines",
        name="name",
        id="stateMachineArn",
        arn="stateMachineArn",
        created="creationDate",
    ),
    Lister(
        "aws_cloudwatch_event_bus",
        _BUSES,
        "EventBuses",
        name="Name",
        arn="Arn",
        created="CreationTime",
        owners=((Reason.AWS_MANAGED, "Name == 'default'"),),
    ),
    Lister(
        "aws_cloudwatch_event_rule",
        Call("events", "ListRules"),
        "Rules",
        name="Name",
        id="{parent}/{name}",
        arn="Arn",
        owners=((Reason.OTHER_TOOL, "ManagedBy"),),
        within=Within(_BUSES, "EventBuses[].Name", "EventBusName"),
    ),
    Lister(
        "aws_cloudwatch_metric_alarm",
        _ALARMS,
        "MetricAlarms",
        name="AlarmName",
        arn="AlarmArn",
        # Policies of Auto Scaling make these and delete them.
        owners=((Reason.AUTOSCALING, "starts_with(AlarmName, 'TargetTracking-')"),),
    ),
    Lister("aws_cloudwatch_composite_alarm", _ALARMS, "CompositeAlarms", name="AlarmName", arn="AlarmArn"),
    Lister(
        "aws_cloudwatch_log_group",
        Call("logs", "DescribeLogGroups"),
        "logGroups",
        name="logGroupName",
        arn="arn",
        created="creationTime",
    ),
    Lister(
        "aws_cloudtrail",
        Call("cloudtrail", "ListTrails"),
        "Trails",
        name="Name",
        id="TrailARN",
        arn="TrailARN",
        region="HomeRegion",
    ),
    Lister(
        "aws_codebuild_project",
        Call("codebuild", "ListProjects"),
        "projects",
        name="@",
        arn="arn:{partition}:codebuild:{region}:{account}:project/{name}",
    ),
    Lister(
        "aws_cloudformation_stack",
        Call("cloudformation", "DescribeStacks"),
        "Stacks[?StackStatus != 'DELETE_COMPLETE']",
        name="StackName",
        arn="StackId",
        created="CreationTime",
        tags="Tags",
        owners=((Reason.CLOUDFORMATION, "StackName"),),
    ),
)
