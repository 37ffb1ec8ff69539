terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "description" {
  type    = string
  default = null
}

variable "aliases" {
  type    = list(string)
  default = []
}

variable "computed_aliases" {
  type    = map(object({ name = string }))
  default = {}
}

variable "key_administrators" {
  type    = list(string)
  default = []
}

variable "enable_default_policy" {
  type    = bool
  default = true
}

variable "grants" {
  type    = map(object({ grantee_principal = string, operations = list(string), name = optional(string) }))
  default = {}
}

locals {
  aliases = merge({ for one in toset(var.aliases) : one => { name = one } }, var.computed_aliases)
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = var.enable_default_policy ? [1] : []
    content {
      sid       = "Default"
      actions   = ["kms:*"]
      resources = ["*"]
      principals {
        type        = "AWS"
        identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.key_administrators) > 0 ? [1] : []
    content {
      sid       = "KeyAdministration"
      actions   = ["kms:Create*", "kms:Describe*", "kms:Enable*"]
      resources = ["*"]
      principals {
        type        = "AWS"
        identifiers = var.key_administrators
      }
    }
  }
}

resource "aws_kms_key" "this" {
  description             = var.description
  deletion_window_in_days = 7
  policy                  = data.aws_iam_policy_document.this.json
}

resource "aws_kms_alias" "this" {
  for_each      = local.aliases
  name          = "alias/${each.value.name}"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_kms_grant" "this" {
  for_each          = var.grants
  name              = try(each.value.name, each.key)
  key_id            = aws_kms_key.this.key_id
  grantee_principal = each.value.grantee_principal
  operations        = each.value.operations
}

output "arn" {
  value = aws_kms_key.this.arn
}

output "aliases" {
  value = { for name, one in aws_kms_alias.this : name => one.arn }
}
