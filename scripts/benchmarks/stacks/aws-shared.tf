terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" {}

resource "aws_sns_topic" "it" {
  name         = var.name
  display_name = "WORD"
}

resource "aws_s3_bucket" "it" {
  bucket = "driftline-${var.name}"
}
