data "aws_caller_identity" "me" {}

data "aws_region" "here" {}

data "aws_region" "far" {
  provider = aws.west
}

data "aws_vpc" "main" {
  id = aws_vpc.main.id
}

data "aws_availability_zones" "all" {
  state = "available"
}
