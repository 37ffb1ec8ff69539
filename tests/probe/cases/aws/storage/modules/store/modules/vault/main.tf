terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "bucket" {
  type = string
}

variable "room" {
  type = string
}

resource "aws_s3_object" "sign" {
  bucket  = var.bucket
  key     = "${var.room}/sign"
  content = "this is ${var.room}"
  etag    = md5("this is ${var.room}")
}

output "etag" {
  value = aws_s3_object.sign.etag
}
