terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" {
  type = string
}

variable "rooms" {
  type = list(string)
}

resource "aws_s3_bucket" "this" {
  bucket        = "driftline-${var.name}"
  force_destroy = true
  tags          = { Name = var.name }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket              = aws_s3_bucket.this.id
  block_public_acls   = true
  block_public_policy = true
}

module "vault" {
  source   = "./modules/vault"
  for_each = toset(var.rooms)
  bucket   = aws_s3_bucket.this.id
  room     = each.key
}

output "arn" {
  value = aws_s3_bucket.this.arn
}

output "etags" {
  value = { for room, vault in module.vault : room => vault.etag }
}
