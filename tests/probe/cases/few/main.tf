terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region            = "eu-west-1"
  s3_use_path_style = true
}

# As in the stack of all types.
variable "changed" {
  type    = bool
  default = false
}

resource "aws_sns_topic" "main" {
  name         = "main"
  display_name = var.changed ? "other" : "main"
}

# Of the plugin framework, with maps in Go's random order.
resource "aws_ec2_managed_prefix_list" "main" {
  name           = "main"
  address_family = "IPv4"
  max_entries    = 2
  entry {
    cidr        = "10.0.0.0/16"
    description = var.changed ? "other" : "main"
  }
}

data "aws_sns_topic" "main" {
  name = aws_sns_topic.main.name
}
