terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" {
  type = string
}

variable "trusted" {
  type = map(object({
    type       = optional(string, "Service")
    principals = list(string)
    conditions = optional(list(object({
      test     = string
      variable = string
      values   = list(string)
    })), [])
  }))
}

variable "policies" {
  type    = map(string)
  default = {}
}

variable "inline" {
  type = map(object({
    effect    = optional(string, "Allow")
    actions   = list(string)
    resources = optional(list(string), ["*"])
  }))
  default = {}
}

variable "create_instance_profile" {
  type    = bool
  default = false
}

data "aws_iam_policy_document" "trust" {
  dynamic "statement" {
    for_each = var.trusted
    content {
      sid     = title(statement.key)
      actions = ["sts:AssumeRole"]
      principals {
        type        = statement.value.type
        identifiers = statement.value.principals
      }
      dynamic "condition" {
        for_each = statement.value.conditions
        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

data "aws_iam_policy_document" "inline" {
  count = length(var.inline) > 0 ? 1 : 0
  dynamic "statement" {
    for_each = var.inline
    content {
      sid       = statement.key
      effect    = statement.value.effect
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "inline" {
  count  = length(var.inline) > 0 ? 1 : 0
  name   = "inline"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.inline[0].json
}

module "policies" {
  source   = "./modules/policies"
  for_each = var.policies
  name     = "${var.name}-${each.key}"
  policy   = each.value
  role     = aws_iam_role.this.name
}

resource "aws_iam_instance_profile" "this" {
  count = var.create_instance_profile ? 1 : 0
  name  = var.name
  role  = aws_iam_role.this.name
}

output "arn" {
  value = aws_iam_role.this.arn
}

output "policies" {
  value = { for name, policy in module.policies : name => policy.arn }
}
