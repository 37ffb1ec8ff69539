resource "aws_s3_bucket" "main" {
  bucket        = "main-types"
  force_destroy = true
  tags          = { Name = var.changed ? "other" : "main" }
}

resource "aws_s3_bucket_versioning" "main" {
  bucket = aws_s3_bucket.main.id
  versioning_configuration {
    status = var.changed ? "Suspended" : "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "main" {
  bucket              = aws_s3_bucket.main.id
  block_public_acls   = true
  block_public_policy = var.changed
}

resource "aws_s3_bucket_policy" "main" {
  bucket = aws_s3_bucket.main.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = data.aws_caller_identity.me.account_id }
      Action    = var.changed ? "s3:*" : "s3:GetObject"
      Resource  = "${aws_s3_bucket.main.arn}/*"
    }]
  })
}

resource "aws_s3_bucket_lifecycle_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  rule {
    id     = "old"
    status = "Enabled"
    filter {
      prefix = "old/"
    }
    expiration {
      days = var.changed ? 60 : 30
    }
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  rule {
    bucket_key_enabled = var.changed
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.main.arn
    }
  }
}

resource "aws_s3_bucket_cors_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  cors_rule {
    allowed_methods = var.changed ? ["GET", "PUT"] : ["GET"]
    allowed_origins = ["https://driftline.test"]
  }
}

resource "aws_s3_bucket_ownership_controls" "main" {
  bucket = aws_s3_bucket.main.id
  rule {
    object_ownership = var.changed ? "ObjectWriter" : "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_website_configuration" "main" {
  bucket = aws_s3_bucket.main.id
  index_document {
    suffix = var.changed ? "start.html" : "index.html"
  }
}

resource "aws_s3_bucket_notification" "main" {
  bucket = aws_s3_bucket.main.id
  topic {
    topic_arn = aws_sns_topic.main.arn
    events    = var.changed ? ["s3:ObjectRemoved:*"] : ["s3:ObjectCreated:*"]
  }
}

resource "aws_s3_object" "main" {
  bucket  = aws_s3_bucket.main.id
  key     = "main"
  content = var.changed ? "other" : "main"
}

resource "aws_dynamodb_table" "main" {
  name         = "main"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  ttl {
    attribute_name = "expires"
    enabled        = true
  }
  tags = { Name = var.changed ? "other" : "main" }
}

resource "aws_dynamodb_table_item" "main" {
  table_name = aws_dynamodb_table.main.name
  hash_key   = aws_dynamodb_table.main.hash_key
  item       = jsonencode({ id = { S = "first" }, total = { N = var.changed ? "8" : "7" } })
}

resource "aws_efs_file_system" "main" {
  creation_token = "main"
  tags           = { Name = var.changed ? "other" : "main" }
}

resource "aws_efs_access_point" "main" {
  file_system_id = aws_efs_file_system.main.id
  tags           = { Name = var.changed ? "other" : "main" }
}

resource "aws_ecr_repository" "main" {
  name                 = "main"
  image_tag_mutability = var.changed ? "MUTABLE" : "IMMUTABLE"
  force_delete         = true
}

resource "aws_ecr_lifecycle_policy" "main" {
  repository = aws_ecr_repository.main.name
  policy = jsonencode({ rules = [{
    rulePriority = 1
    selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.changed ? 20 : 10 }
    action       = { type = "expire" }
  }] })
}

resource "aws_ecr_repository_policy" "main" {
  repository = aws_ecr_repository.main.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Sid       = var.changed ? "Other" : "Main"
    Effect    = "Allow"
    Principal = { AWS = "arn:aws:iam::123456789012:root" }
    Action    = ["ecr:BatchGetImage"]
  }] })
}

resource "aws_db_subnet_group" "main" {
  name        = "main"
  description = var.changed ? "other" : "main"
  subnet_ids  = [for subnet in aws_subnet.main : subnet.id]
}

resource "aws_db_parameter_group" "main" {
  name        = "main"
  family      = "postgres16"
  description = var.changed ? "other" : "main"
}

resource "aws_elasticache_subnet_group" "main" {
  name        = "main"
  description = var.changed ? "other" : "main"
  subnet_ids  = [for subnet in aws_subnet.main : subnet.id]
}

data "aws_s3_bucket" "main" {
  bucket = aws_s3_bucket.main.id
}

data "aws_s3_object" "main" {
  bucket = aws_s3_object.main.bucket
  key    = aws_s3_object.main.key
}

data "aws_s3_bucket_policy" "main" {
  bucket = aws_s3_bucket_policy.main.bucket
}

data "aws_dynamodb_table" "main" {
  name = aws_dynamodb_table.main.name
}

data "aws_ecr_repository" "main" {
  name = aws_ecr_repository.main.name
}

data "aws_efs_file_system" "main" {
  file_system_id = aws_efs_file_system.main.id
}

data "aws_canonical_user_id" "main" {}
