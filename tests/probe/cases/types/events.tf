resource "aws_sqs_queue" "main" {
  name                       = "main"
  visibility_timeout_seconds = var.changed ? 60 : 30
}

resource "aws_sns_topic" "main" {
  name         = "main"
  display_name = var.changed ? "other" : "main"
}

resource "aws_sns_topic_policy" "main" {
  arn = aws_sns_topic.main.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Sid       = var.changed ? "Other" : "Main"
    Effect    = "Allow"
    Principal = { Service = "s3.amazonaws.com" }
    Action    = "SNS:Publish"
    Resource  = aws_sns_topic.main.arn
  }] })
}

resource "aws_sns_topic_subscription" "main" {
  topic_arn            = aws_sns_topic.main.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.main.arn
  raw_message_delivery = var.changed
}

resource "aws_cloudwatch_log_group" "main" {
  name              = "main"
  retention_in_days = var.changed ? 30 : 14
}

resource "aws_cloudwatch_log_stream" "main" {
  name           = var.changed ? "other" : "main"
  log_group_name = aws_cloudwatch_log_group.main.name
}

resource "aws_cloudwatch_log_metric_filter" "main" {
  name           = "main"
  log_group_name = aws_cloudwatch_log_group.main.name
  pattern        = var.changed ? "WARN" : "ERROR"
  metric_transformation {
    name      = "errors"
    namespace = "main"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "main" {
  alarm_name          = "main"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "errors"
  namespace           = "main"
  period              = 60
  statistic           = "Sum"
  threshold           = var.changed ? 2.5 : 1
}

resource "aws_cloudwatch_dashboard" "main" {
  dashboard_name = "main"
  dashboard_body = jsonencode({ widgets = [{
    type       = "text"
    width      = var.changed ? 6 : 3
    height     = 3
    properties = { markdown = "main" }
  }] })
}

resource "aws_cloudwatch_event_bus" "main" {
  name        = "main"
  description = var.changed ? "other" : "main"
}

resource "aws_cloudwatch_event_rule" "main" {
  name                = "main"
  schedule_expression = var.changed ? "rate(2 hours)" : "rate(1 hour)"
}

resource "aws_cloudwatch_event_target" "main" {
  rule      = aws_cloudwatch_event_rule.main.name
  target_id = "main"
  arn       = aws_sqs_queue.main.arn
  input     = var.changed ? "{}" : "[]"
}

resource "aws_cloudwatch_event_archive" "main" {
  name             = "main"
  event_source_arn = aws_cloudwatch_event_bus.main.arn
  retention_days   = var.changed ? 7 : 3
}

resource "aws_scheduler_schedule_group" "main" {
  name = "main"
  tags = { Name = var.changed ? "other" : "main" }
}

resource "aws_scheduler_schedule" "main" {
  name                = "main"
  group_name          = aws_scheduler_schedule_group.main.name
  schedule_expression = var.changed ? "rate(2 hours)" : "rate(1 hours)"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = aws_sqs_queue.main.arn
    role_arn = aws_iam_role.main.arn
  }
}

resource "aws_route53_zone" "main" {
  name    = "driftline.test"
  comment = var.changed ? "other" : "main"
}

resource "aws_route53_record" "main" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "www"
  type    = "A"
  ttl     = var.changed ? 60 : 300
  records = ["192.0.2.1"]
}

resource "aws_route53_health_check" "main" {
  fqdn              = "www.driftline.test"
  port              = 443
  type              = "HTTPS"
  resource_path     = "/"
  failure_threshold = var.changed ? 3 : 5
  request_interval  = 30
}

resource "aws_ses_email_identity" "main" {
  email = var.changed ? "other@driftline.test" : "main@driftline.test"
}

resource "aws_ses_template" "main" {
  name    = "main"
  subject = var.changed ? "other" : "main"
  text    = "main"
}

resource "aws_ses_configuration_set" "main" {
  name                       = "main"
  reputation_metrics_enabled = var.changed
}

resource "aws_service_discovery_http_namespace" "main" {
  name        = "main"
  description = var.changed ? "other" : "main"
}

resource "aws_resourcegroups_group" "main" {
  name        = "main"
  description = var.changed ? "other" : "main"
  resource_query {
    query = jsonencode({ ResourceTypeFilters = ["AWS::AllSupported"], TagFilters = [{ Key = "owner", Values = ["types"] }] })
  }
}

resource "aws_wafv2_ip_set" "main" {
  name               = "main"
  scope              = "REGIONAL"
  ip_address_version = "IPV4"
  addresses          = var.changed ? ["192.0.2.0/24"] : ["192.0.2.0/25"]
}

data "aws_sqs_queue" "main" {
  name = aws_sqs_queue.main.name
}

data "aws_sns_topic" "main" {
  name = aws_sns_topic.main.name
}

data "aws_cloudwatch_log_group" "main" {
  name = aws_cloudwatch_log_group.main.name
}

data "aws_cloudwatch_event_bus" "main" {
  name = aws_cloudwatch_event_bus.main.name
}

data "aws_route53_zone" "main" {
  zone_id = aws_route53_zone.main.zone_id
}

