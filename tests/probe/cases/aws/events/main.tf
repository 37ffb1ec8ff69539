terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "queues" {
  type = map(number)
}

variable "lambda_timeout" {
  type = number
}

variable "alarms" {
  type = number
}

resource "aws_sqs_queue" "work" {
  for_each                   = var.queues
  name                       = each.key
  visibility_timeout_seconds = each.value
  policy                     = data.aws_iam_policy_document.send.json
  tags                       = { queue = each.key }
}

module "alerts" {
  source = "./modules/alerts"
  queue  = aws_sqs_queue.work["mail"].arn
  alarms = var.alarms
}

resource "aws_s3_bucket" "code" {
  bucket        = "driftline-code"
  force_destroy = true
}

resource "aws_s3_object" "code" {
  bucket         = aws_s3_bucket.code.id
  key            = "empty.zip"
  content_base64 = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="
}

resource "aws_iam_role" "worker" {
  name               = "worker"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_lambda_function" "worker" {
  function_name = "worker"
  role          = aws_iam_role.worker.arn
  runtime       = "python3.12"
  handler       = "worker.main"
  s3_bucket     = aws_s3_object.code.bucket
  s3_key        = aws_s3_object.code.key
  timeout       = var.lambda_timeout

  environment {
    variables = { QUEUE = aws_sqs_queue.work["jobs"].id, TOKEN = data.aws_ssm_parameter.token.value }
  }
}

resource "aws_lambda_permission" "events" {
  statement_id  = "events"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.worker.function_name
  principal     = "events.amazonaws.com"
}

resource "aws_ssm_parameter" "token" {
  name  = "/events/token"
  type  = "SecureString"
  value = "s3cr3t"
}

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "nightly"
  schedule_expression = "cron(0 3 * * ? *)"
}

resource "aws_cloudwatch_event_target" "worker" {
  rule      = aws_cloudwatch_event_rule.nightly.name
  target_id = "worker"
  arn       = aws_lambda_function.worker.arn
}

resource "aws_route53_zone" "main" {
  name = "driftline.test"
}

resource "aws_route53_record" "www" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "www"
  type    = "A"
  ttl     = 300
  records = ["192.0.2.1"]
}
