terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" {
  type = string
}

variable "groups" {
  type = list(string)
}

resource "aws_iam_user" "this" {
  name = var.name
  tags = { person = var.name }
}

resource "aws_iam_user_group_membership" "this" {
  user   = aws_iam_user.this.name
  groups = var.groups
}

output "arn" {
  value = aws_iam_user.this.arn
}
