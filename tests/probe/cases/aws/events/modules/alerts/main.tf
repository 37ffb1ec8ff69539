terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "queue" {
  type = string
}

variable "alarms" {
  type = number
}

resource "aws_sns_topic" "alerts" {
  name         = "alerts"
  display_name = "Alerts"
}

resource "aws_sns_topic_subscription" "queue" {
  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "sqs"
  endpoint  = var.queue
}

resource "aws_cloudwatch_metric_alarm" "depth" {
  count               = var.alarms
  alarm_name          = "depth-${count.index}"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 100 * (count.index + 1)
  evaluation_periods  = 1
  period              = 60
  alarm_actions       = [aws_sns_topic.alerts.arn]
}

output "topic" {
  value = aws_sns_topic.alerts.arn
}
