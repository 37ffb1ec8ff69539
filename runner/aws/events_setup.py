"""What an account needs so that Driftline hears of changes: a rule of EventBridge, a queue, and one for what nobody can read.

A rule and its queue are in one region, so each region gets its own. EventBridge leaves reads out by itself: rules get
management events that only read if they ask for them (`ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`).
"""

import json
from typing import Any

from runner.model.cloud_events.message import DETAIL_TYPE
from runner.model.cloud_events.queue import DEAD_LETTERS

NAME = "driftline-events"
KEPT_SECONDS = 4 * 24 * 3600
DEAD_SECONDS = 14 * 24 * 3600
MOST_TIMES = 5  # that a message is handed out before SQS buries it
# Calls that failed have changed nothing.
PATTERN: dict[str, Any] = {"detail-type": [DETAIL_TYPE], "detail": {"errorCode": [{"exists": False}]}}


def cloudformation() -> str:
    """A template that works in every region and partition."""
    queue = {
        "MessageRetentionPeriod": KEPT_SECONDS,
        "SqsManagedSseEnabled": True,
        "RedrivePolicy": {
            "deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
            "maxReceiveCount": MOST_TIMES,
        },
        "QueueName": NAME,
    }
    dead = {
        "QueueName": f"{NAME}{DEAD_LETTERS}",
        "MessageRetentionPeriod": DEAD_SECONDS,
        "SqsManagedSseEnabled": True,
    }
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
        "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["Rule", "Arn"]}}},
    }
    rule = {
        "Name": NAME,
        "Description": "Changes in this account, for Driftline",
        "EventPattern": PATTERN,
        "State": "ENABLED",
        "Targets": [{"Id": "driftline", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}],
    }
    policy = {
        "Queues": [{"Ref": "Queue"}],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]},
    }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Driftline hears of changes as they happen",
        "Resources": {
            "DeadLetters": {"Type": "AWS::SQS::Queue", "Properties": dead},
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": queue},
            "Rule": {"Type": "AWS::Events::Rule", "Properties": rule},
            "QueuePolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": policy},
        },
        "Outputs": {"QueueUrl": {"Description": "for events of the account", "Value": {"Ref": "Queue"}}},
    }
    return json.dumps(template, indent=2) + "\n"


def terraform() -> str:
    """The same for the region of the default provider."""
    pattern = json.dumps(PATTERN)
    return f"""\
resource "aws_sqs_queue" "driftline_dead_letters" {{
  name                      = "{NAME}{DEAD_LETTERS}"
  message_retention_seconds = {DEAD_SECONDS}
  sqs_managed_sse_enabled   = true
}}

resource "aws_sqs_queue" "driftline" {{
  name                      = "{NAME}"
  message_retention_seconds = {KEPT_SECONDS}
  sqs_managed_sse_enabled   = true
  redrive_policy = jsonencode({{
    deadLetterTargetArn = aws_sqs_queue.driftline_dead_letters.arn
    maxReceiveCount     = {MOST_TIMES}
  }})
}}

resource "aws_cloudwatch_event_rule" "driftline" {{
  name          = "{NAME}"
  description   = "Changes in this account, for Driftline"
  event_pattern = {json.dumps(pattern)}
}}

resource "aws_cloudwatch_event_target" "driftline" {{
  rule = aws_cloudwatch_event_rule.driftline.name
  arn  = aws_sqs_queue.driftline.arn
}}

resource "aws_sqs_queue_policy" "driftline" {{
  queue_url = aws_sqs_queue.driftline.url
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Principal = {{ Service = "events.amazonaws.com" }}
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.driftline.arn
      Condition = {{ ArnEquals = {{ "aws:SourceArn" = aws_cloudwatch_event_rule.driftline.arn }} }}
    }}]
  }})
}}

output "driftline_queue" {{
  value = aws_sqs_queue.driftline.url
}}
"""
