terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "function_name" {
  type = string
}

variable "role" {
  type = string
}

variable "s3_existing_package" {
  type = map(string)
}

variable "environment_variables" {
  type    = map(string)
  default = {}
}

variable "aliases" {
  type    = map(object({ description = optional(string), version = optional(string, "$LATEST") }))
  default = {}
}

variable "allowed_triggers" {
  type    = map(any)
  default = {}
}

variable "log_days" {
  type    = number
  default = 14
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

resource "aws_cloudwatch_log_group" "lambda" {
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.log_days
}

resource "aws_lambda_function" "this" {
  function_name = var.function_name
  role          = var.role
  handler       = "main.run"
  runtime       = "python3.12"
  s3_bucket     = lookup(var.s3_existing_package, "bucket", null)
  s3_key        = lookup(var.s3_existing_package, "key", null)

  dynamic "environment" {
    for_each = length(keys(var.environment_variables)) == 0 ? [] : [true]
    content {
      variables = var.environment_variables
    }
  }

  depends_on = [aws_cloudwatch_log_group.lambda]
}

resource "aws_lambda_alias" "this" {
  for_each         = var.aliases
  name             = each.key
  description      = each.value.description
  function_name    = aws_lambda_function.this.function_name
  function_version = each.value.version
}

resource "aws_lambda_permission" "triggers" {
  for_each       = { for name, trigger in var.allowed_triggers : name => trigger }
  statement_id   = try(each.value.statement_id, each.key)
  action         = try(each.value.action, "lambda:InvokeFunction")
  function_name  = aws_lambda_function.this.function_name
  principal      = try(each.value.principal, format("%s.amazonaws.com", try(each.value.service, "")))
  source_arn     = try(each.value.source_arn, null)
  source_account = try(each.value.account, data.aws_caller_identity.current.account_id)
}

output "arn" {
  value = aws_lambda_function.this.arn
}
