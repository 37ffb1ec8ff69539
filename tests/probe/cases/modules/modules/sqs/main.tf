terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" {
  type = string
}

variable "fifo_queue" {
  type    = bool
  default = false
}

variable "visibility_timeout_seconds" {
  type    = number
  default = null
}

variable "create_dlq" {
  type    = bool
  default = false
}

variable "dlq_name" {
  type    = string
  default = null
}

variable "redrive_policy" {
  type    = any
  default = {}
}

variable "tags" {
  type    = map(string)
  default = {}
}

locals {
  name     = trimsuffix(var.name, ".fifo")
  dlq_name = trimsuffix(coalesce(var.dlq_name, "${local.name}-dlq"), ".fifo")
}

resource "aws_sqs_queue" "this" {
  name                       = var.fifo_queue ? "${local.name}.fifo" : local.name
  fifo_queue                 = var.fifo_queue ? true : null
  visibility_timeout_seconds = var.visibility_timeout_seconds
  redrive_policy = var.create_dlq ? jsonencode(merge(
    { deadLetterTargetArn = aws_sqs_queue.dlq[0].arn, maxReceiveCount = 5 },
    var.redrive_policy,
  )) : null
  tags = var.tags
}

resource "aws_sqs_queue" "dlq" {
  count      = var.create_dlq ? 1 : 0
  name       = var.fifo_queue ? "${local.dlq_name}.fifo" : local.dlq_name
  fifo_queue = var.fifo_queue ? true : null
  tags       = merge(var.tags, { of = local.name })
}

output "arn" {
  value = aws_sqs_queue.this.arn
}

output "url" {
  value = aws_sqs_queue.this.url
}
