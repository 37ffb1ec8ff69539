terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "log_days" {
  type = number
}

variable "tag_mutability" {
  type = string
}

module "store" {
  source = "./modules/store"
  name   = "orders"
  rooms  = ["in", "out"]
}

resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_dynamodb_table_item" "first" {
  table_name = aws_dynamodb_table.orders.name
  hash_key   = aws_dynamodb_table.orders.hash_key
  item       = jsonencode({ id = { S = "first" }, total = { N = "7" } })
}

resource "aws_ecr_repository" "app" {
  name                 = "app"
  image_tag_mutability = var.tag_mutability

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "app" {
  repository = aws_ecr_repository.app.name
  policy = jsonencode({ rules = [{
    rulePriority = 1
    selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 14 }
    action       = { type = "expire" }
  }] })
}

resource "aws_cloudwatch_log_group" "app" {
  count             = 2
  name              = "/app/${count.index}"
  retention_in_days = var.log_days

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "errors"
  log_group_name = aws_cloudwatch_log_group.app[0].name
  pattern        = "ERROR"

  metric_transformation {
    name      = "errors"
    namespace = "app"
    value     = "1"
  }
}

output "bucket" {
  value = module.store.arn
}

output "orders" {
  value = aws_dynamodb_table.orders.arn
}
