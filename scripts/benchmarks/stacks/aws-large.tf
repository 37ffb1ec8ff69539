resource "aws_vpc" "NAME" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "NAME" {
  count      = 2
  vpc_id     = aws_vpc.NAME.id
  cidr_block = cidrsubnet(aws_vpc.NAME.cidr_block, 8, count.index)
}

resource "aws_internet_gateway" "NAME" {
  vpc_id = aws_vpc.NAME.id
}

resource "aws_route_table" "NAME" {
  vpc_id = aws_vpc.NAME.id
}

resource "aws_security_group" "NAME" {
  count  = 2
  name   = "NAME-${count.index}"
  vpc_id = aws_vpc.NAME.id
}

resource "aws_iam_role" "NAME" {
  count = 2
  name  = "NAME-${count.index}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_policy" "NAME" {
  name = "NAME"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "*" }]
  })
}

resource "aws_ssm_parameter" "NAME" {
  count = 2
  name  = "/NAME/${count.index}"
  type  = "String"
  value = "one"
}

resource "aws_sns_topic" "NAME" {
  name = "NAME"
}

resource "aws_s3_bucket" "NAME" {
  bucket = "driftline-NAME"
}

resource "aws_dynamodb_table" "NAME" {
  name         = "NAME"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_cloudwatch_log_group" "NAME" {
  count             = 2
  name              = "/NAME/${count.index}"
  retention_in_days = 7
}
