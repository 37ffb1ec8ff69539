terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" {
  type = string
}

variable "display_name" {
  type    = string
  default = null
}

variable "topic_policy_statements" {
  type    = any
  default = {}
}

variable "subscriptions" {
  type = map(object({
    protocol             = string
    endpoint             = string
    raw_message_delivery = optional(bool)
    filter_policy        = optional(map(list(string)))
  }))
  default = {}
}

resource "aws_sns_topic" "this" {
  name         = var.name
  display_name = var.display_name
}

data "aws_iam_policy_document" "this" {
  count = length(var.topic_policy_statements) > 0 ? 1 : 0

  dynamic "statement" {
    for_each = var.topic_policy_statements
    content {
      sid       = try(statement.value.sid, statement.key)
      actions   = try(statement.value.actions, ["sns:Publish"])
      resources = try(statement.value.resources, [aws_sns_topic.this.arn])

      dynamic "principals" {
        for_each = try(statement.value.principals, [])
        content {
          type        = principals.value.type
          identifiers = principals.value.identifiers
        }
      }
    }
  }
}

resource "aws_sns_topic_policy" "this" {
  count  = length(var.topic_policy_statements) > 0 ? 1 : 0
  arn    = aws_sns_topic.this.arn
  policy = data.aws_iam_policy_document.this[0].json
}

resource "aws_sns_topic_subscription" "this" {
  for_each             = var.subscriptions
  topic_arn            = aws_sns_topic.this.arn
  protocol             = each.value.protocol
  endpoint             = each.value.endpoint
  raw_message_delivery = each.value.raw_message_delivery
  filter_policy        = each.value.filter_policy == null ? null : jsonencode(each.value.filter_policy)
}

output "arn" {
  value = aws_sns_topic.this.arn
}

output "subscriptions" {
  value = aws_sns_topic_subscription.this
}
