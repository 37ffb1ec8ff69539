terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region            = "eu-west-1"
  s3_use_path_style = true
  default_tags {
    tags = { owner = "home", stage = "test" }
  }
  ignore_tags {
    key_prefixes = ["billing:"]
  }
}

variable "people" {
  type    = map(list(string))
  default = { ana = ["readers"], ben = ["readers", "writers"] }
}

variable "database_password" {
  type      = string
  default   = "hunter2"
  sensitive = true
}

variable "deploy_session" {
  type    = number
  default = 3600
}

resource "aws_iam_role" "deploy" {
  name                 = "deploy"
  path                 = "/service/"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = var.deploy_session
  tags                 = { purpose = "deploy" }
}

resource "aws_iam_role_policy" "deploy" {
  name   = "inline"
  role   = aws_iam_role.deploy.id
  policy = data.aws_iam_policy_document.deploy.json
}

resource "aws_iam_policy" "read" {
  name   = "read"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "*" }] })
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.deploy.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_instance_profile" "deploy" {
  name = "deploy"
  role = aws_iam_role.deploy.name
}

resource "aws_iam_group" "team" {
  for_each = toset(["readers", "writers"])
  name     = each.key
}

module "person" {
  source   = "./modules/person"
  for_each = var.people
  name     = each.key
  groups   = [for group in each.value : aws_iam_group.team[group].name]
}

resource "aws_kms_key" "main" {
  description             = "everything here"
  deletion_window_in_days = 7
  tags                    = { purpose = "encrypt" }
}

resource "aws_kms_alias" "main" {
  name          = "alias/main"
  target_key_id = aws_kms_key.main.key_id
}
