terraform {
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws.west]
    }
  }
}

variable "zones" {
  type = map(number)
}

variable "open_ports" {
  type = list(number)
}

resource "aws_vpc" "main" {
  cidr_block = "10.7.0.0/16"
  tags       = { Name = "main", account = data.aws_caller_identity.me.account_id }
}

resource "aws_subnet" "zone" {
  for_each          = var.zones
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, each.value)
  availability_zone = "${data.aws_region.here.name}${each.key}"
  tags              = { Name = "zone-${each.key}" }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = "main" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route" "out" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route_table_association" "zone" {
  for_each       = aws_subnet.zone
  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

resource "aws_security_group" "web" {
  name        = "web"
  description = "from outside"
  vpc_id      = aws_vpc.main.id

  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "inner" {
  name        = "inner"
  description = "its rules are resources"
  vpc_id      = aws_vpc.main.id
}

resource "aws_security_group_rule" "open" {
  count             = length(var.open_ports)
  security_group_id = aws_security_group.inner.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = var.open_ports[count.index]
  to_port           = var.open_ports[count.index]
  cidr_blocks       = ["10.0.0.0/8"]
}

resource "aws_vpc_security_group_egress_rule" "out" {
  security_group_id = aws_security_group.inner.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_network_acl" "main" {
  vpc_id = aws_vpc.main.id

  ingress {
    rule_no    = 100
    protocol   = "tcp"
    action     = "allow"
    cidr_block = "10.0.0.0/8"
    from_port  = 443
    to_port    = 443
  }
}

resource "aws_eip" "gate" {
  domain = "vpc"
  tags   = { Name = "gate" }
}

module "peer" {
  source    = "./modules/peer"
  providers = { aws = aws.west, aws.home = aws }
  home      = aws_vpc.main.id
}
