terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "repositories" {
  type = map(object({
    mutability  = optional(string, "IMMUTABLE")
    scan        = optional(bool, true)
    kms_key     = optional(string)
    readers     = optional(list(string), [])
    kept_images = optional(number)
  }))
}

locals {
  kept = { for name, one in var.repositories : name => one.kept_images if one.kept_images != null }
  read = { for name, one in var.repositories : name => one.readers if length(one.readers) > 0 }
}

resource "aws_ecr_repository" "this" {
  for_each             = var.repositories
  name                 = each.key
  image_tag_mutability = each.value.mutability
  force_delete         = true

  dynamic "encryption_configuration" {
    for_each = each.value.kms_key == null ? [] : [each.value.kms_key]
    content {
      encryption_type = "KMS"
      kms_key         = encryption_configuration.value
    }
  }

  image_scanning_configuration {
    scan_on_push = each.value.scan
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each   = local.kept
  repository = aws_ecr_repository.this[each.key].name
  policy = jsonencode({ rules = [{
    rulePriority = 1
    selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = each.value }
    action       = { type = "expire" }
  }] })
}

data "aws_iam_policy_document" "read" {
  for_each = local.read
  statement {
    sid     = "PrivateReadOnly"
    actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    principals {
      type        = "AWS"
      identifiers = each.value
    }
  }
}

resource "aws_ecr_repository_policy" "this" {
  for_each   = local.read
  repository = aws_ecr_repository.this[each.key].name
  policy     = data.aws_iam_policy_document.read[each.key].json
}

output "urls" {
  value = { for name, one in aws_ecr_repository.this : name => one.repository_url }
}
