terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "create" {
  type    = bool
  default = true
}

variable "name" {
  type = string
}

variable "cidr" {
  type    = string
  default = "10.0.0.0/16"
}

variable "azs" {
  type    = list(string)
  default = []
}

variable "public_subnets" {
  type    = list(string)
  default = []
}

variable "private_subnets" {
  type    = list(string)
  default = []
}

variable "single_nat_gateway" {
  type    = bool
  default = false
}

variable "enable_nat_gateway" {
  type    = bool
  default = false
}

variable "private_acl_rules" {
  type    = list(map(string))
  default = []
}

variable "tags" {
  type    = map(string)
  default = {}
}

variable "public_subnet_tags" {
  type    = map(string)
  default = {}
}

locals {
  longest   = max(length(var.public_subnets), length(var.private_subnets))
  nat_count = !var.enable_nat_gateway ? 0 : var.single_nat_gateway ? 1 : local.longest
  public    = var.create && length(var.public_subnets) > 0
}

resource "aws_vpc" "this" {
  count      = var.create ? 1 : 0
  cidr_block = var.cidr
  tags       = merge({ Name = var.name }, var.tags)
}

resource "aws_subnet" "public" {
  count             = local.public ? length(var.public_subnets) : 0
  vpc_id            = aws_vpc.this[0].id
  cidr_block        = var.public_subnets[count.index]
  availability_zone = element(concat(var.azs, [""]), count.index)
  tags = merge(
    { Name = format("%s-public-%s", var.name, element(var.azs, count.index)) },
    var.tags,
    var.public_subnet_tags,
  )
}

resource "aws_subnet" "private" {
  count             = var.create ? length(var.private_subnets) : 0
  vpc_id            = aws_vpc.this[0].id
  cidr_block        = var.private_subnets[count.index]
  availability_zone = length(regexall("^[a-z]{2}-", element(var.azs, count.index))) > 0 ? element(var.azs, count.index) : null
  tags              = merge({ Name = format("%s-private-%s", var.name, element(var.azs, count.index)) }, var.tags)
}

resource "aws_internet_gateway" "this" {
  count  = local.public ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = merge({ Name = var.name }, var.tags)
}

resource "aws_route_table" "public" {
  count  = local.public ? 1 : 0
  vpc_id = aws_vpc.this[0].id
  tags   = merge({ Name = "${var.name}-public" }, var.tags)
}

resource "aws_route" "public" {
  count                  = local.public ? 1 : 0
  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route_table_association" "public" {
  count          = local.public ? length(var.public_subnets) : 0
  subnet_id      = element(aws_subnet.public[*].id, count.index)
  route_table_id = aws_route_table.public[0].id
}

resource "aws_eip" "nat" {
  count      = var.create ? local.nat_count : 0
  domain     = "vpc"
  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  count         = var.create ? local.nat_count : 0
  allocation_id = element(aws_eip.nat[*].id, var.single_nat_gateway ? 0 : count.index)
  subnet_id     = element(aws_subnet.public[*].id, var.single_nat_gateway ? 0 : count.index)
  tags          = merge({ Name = format("%s-%d", var.name, count.index) }, var.tags)
}

resource "aws_network_acl" "private" {
  count      = var.create && length(var.private_acl_rules) > 0 ? 1 : 0
  vpc_id     = aws_vpc.this[0].id
  subnet_ids = aws_subnet.private[*].id
  tags       = merge({ Name = "${var.name}-private" }, var.tags)
}

resource "aws_network_acl_rule" "private" {
  count          = var.create ? length(var.private_acl_rules) : 0
  network_acl_id = aws_network_acl.private[0].id
  rule_number    = var.private_acl_rules[count.index]["rule_number"]
  rule_action    = var.private_acl_rules[count.index]["rule_action"]
  from_port      = lookup(var.private_acl_rules[count.index], "from_port", null)
  to_port        = lookup(var.private_acl_rules[count.index], "to_port", null)
  protocol       = var.private_acl_rules[count.index]["protocol"]
  cidr_block     = lookup(var.private_acl_rules[count.index], "cidr_block", null)
}

output "vpc_id" {
  value = try(aws_vpc.this[0].id, null)
}

output "private_subnets" {
  value = aws_subnet.private[*].id
}

output "nat_public_ips" {
  value = aws_eip.nat[*].public_ip
}
