terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" {
  type = string
}

variable "policy" {
  type = string
}

variable "role" {
  type = string
}

resource "aws_iam_policy" "this" {
  name   = var.name
  policy = var.policy
}

resource "aws_iam_role_policy_attachment" "this" {
  role       = var.role
  policy_arn = aws_iam_policy.this.arn
}

output "arn" {
  value = aws_iam_policy.this.arn
}
