terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" {
  type = string
}

variable "attributes" {
  type    = list(map(string))
  default = []
}

variable "hash_key" {
  type = string
}

variable "range_key" {
  type    = string
  default = null
}

variable "global_secondary_indexes" {
  type    = any
  default = []
}

variable "ttl" {
  type    = object({ enabled = optional(bool, false), attribute_name = optional(string, "") })
  default = {}
}

variable "autoscaling_enabled" {
  type    = bool
  default = false
}

variable "ignore_changes_global_secondary_index" {
  type    = bool
  default = false
}

variable "tags" {
  type    = map(string)
  default = {}
}

resource "aws_dynamodb_table" "this" {
  count        = !var.autoscaling_enabled ? 1 : 0
  name         = var.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = var.hash_key
  range_key    = var.range_key

  dynamic "ttl" {
    for_each = var.ttl.enabled ? [var.ttl] : []
    content {
      enabled        = ttl.value.enabled
      attribute_name = ttl.value.attribute_name
    }
  }

  dynamic "attribute" {
    for_each = var.attributes
    content {
      name = attribute.value.name
      type = attribute.value.type
    }
  }

  dynamic "global_secondary_index" {
    for_each = var.global_secondary_indexes
    content {
      name               = global_secondary_index.value.name
      hash_key           = global_secondary_index.value.hash_key
      projection_type    = global_secondary_index.value.projection_type
      range_key          = lookup(global_secondary_index.value, "range_key", null)
      non_key_attributes = lookup(global_secondary_index.value, "non_key_attributes", null)
    }
  }

  tags = merge(var.tags, { Name = format("%s", var.name) })
}

resource "aws_dynamodb_table" "autoscaled" {
  count          = var.autoscaling_enabled ? 1 : 0
  name           = var.name
  read_capacity  = 1
  write_capacity = 1
  hash_key       = var.hash_key
  attribute {
    name = var.hash_key
    type = "S"
  }

  lifecycle {
    ignore_changes = [read_capacity, write_capacity]
  }
}

output "arn" {
  value = try(aws_dynamodb_table.this[0].arn, aws_dynamodb_table.autoscaled[0].arn, "")
}
