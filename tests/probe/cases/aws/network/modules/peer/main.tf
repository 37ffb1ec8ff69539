terraform {
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws.home]
    }
  }
}

variable "home" {
  type = string
}

data "aws_vpc" "home" {
  provider = aws.home
  id       = var.home
}

resource "aws_vpc" "far" {
  cidr_block = "10.8.0.0/16"
  tags       = { Name = "far" }
}

resource "aws_subnet" "far" {
  count      = 2
  vpc_id     = aws_vpc.far.id
  cidr_block = cidrsubnet(aws_vpc.far.cidr_block, 8, count.index)
}

resource "aws_ssm_parameter" "home" {
  provider = aws.home
  name     = "/network/peer"
  type     = "String"
  value    = aws_vpc.far.id
}

output "home_cidr" {
  value = data.aws_vpc.home.cidr_block
}
