resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
  tags       = { Name = var.changed ? "other" : "main" }
}

resource "aws_vpc" "peer" {
  cidr_block                       = "10.1.0.0/16"
  assign_generated_ipv6_cidr_block = true
}

resource "aws_subnet" "main" {
  for_each                = { a = 1, b = 2 }
  vpc_id                  = aws_vpc.main.id
  cidr_block              = cidrsubnet(aws_vpc.main.cidr_block, 8, each.value)
  availability_zone       = "eu-west-1${each.key}"
  map_public_ip_on_launch = var.changed
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = var.changed ? "other" : "main" }
}

resource "aws_egress_only_internet_gateway" "main" {
  vpc_id = aws_vpc.peer.id
  tags   = { Name = var.changed ? "other" : "main" }
}

resource "aws_route_table" "main" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = var.changed ? "other" : "main" }
}

resource "aws_route" "out" {
  route_table_id         = aws_route_table.main.id
  destination_cidr_block = var.changed ? "192.0.2.0/24" : "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route_table_association" "main" {
  subnet_id      = aws_subnet.main[var.changed ? "b" : "a"].id
  route_table_id = aws_route_table.main.id
}

resource "aws_main_route_table_association" "main" {
  vpc_id         = aws_vpc.main.id
  route_table_id = aws_route_table.main.id
}

resource "aws_security_group" "main" {
  name        = "main"
  description = var.changed ? "other" : "main"
  vpc_id      = aws_vpc.main.id
}

resource "aws_security_group" "inline" {
  name   = "inline"
  vpc_id = aws_vpc.main.id

  dynamic "ingress" {
    for_each = var.changed ? [22, 80, 443] : [80, 443]
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["10.0.0.0/8"]
    }
  }
}

resource "aws_security_group_rule" "main" {
  type              = "ingress"
  security_group_id = aws_security_group.main.id
  from_port         = 22
  to_port           = 22
  protocol          = "tcp"
  cidr_blocks       = var.changed ? ["10.0.0.0/8"] : ["10.0.0.0/8", "192.0.2.0/24"]
}

resource "aws_vpc_security_group_ingress_rule" "main" {
  security_group_id = aws_security_group.main.id
  cidr_ipv4         = "10.0.0.0/8"
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
  description       = var.changed ? "other" : "main"
}

resource "aws_vpc_security_group_egress_rule" "main" {
  security_group_id = aws_security_group.main.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
  tags              = { Name = var.changed ? "other" : "main" }
}

resource "aws_network_acl" "main" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = var.changed ? "other" : "main" }
}

resource "aws_network_acl_rule" "main" {
  network_acl_id = aws_network_acl.main.id
  rule_number    = 100
  protocol       = "tcp"
  rule_action    = var.changed ? "deny" : "allow"
  cidr_block     = "10.0.0.0/8"
  from_port      = 22
  to_port        = 22
}

resource "aws_eip" "main" {
  domain = "vpc"
  tags   = { Name = var.changed ? "other" : "main" }
}

resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.main.id
  subnet_id     = aws_subnet.main["a"].id
  tags          = { Name = var.changed ? "other" : "main" }
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.eu-west-1.s3"
  tags         = { Name = var.changed ? "other" : "main" }
}

resource "aws_vpc_dhcp_options" "main" {
  domain_name         = var.changed ? "other.test" : "driftline.test"
  domain_name_servers = ["AmazonProvidedDNS"]
}

resource "aws_vpc_dhcp_options_association" "main" {
  vpc_id          = aws_vpc.main.id
  dhcp_options_id = aws_vpc_dhcp_options.main.id
}

resource "aws_vpc_peering_connection" "main" {
  vpc_id      = aws_vpc.main.id
  peer_vpc_id = aws_vpc.peer.id
  auto_accept = true
  tags        = { Name = var.changed ? "other" : "main" }
}

resource "aws_network_interface" "main" {
  subnet_id   = aws_subnet.main["b"].id
  description = var.changed ? "other" : "main"
}

resource "aws_ec2_managed_prefix_list" "main" {
  name           = "main"
  address_family = "IPv4"
  max_entries    = 2
  entry {
    cidr        = "10.0.0.0/16"
    description = var.changed ? "other" : "main"
  }
}

resource "aws_customer_gateway" "main" {
  bgp_asn    = 65000
  ip_address = var.changed ? "192.0.2.2" : "192.0.2.1"
  type       = "ipsec.1"
}

resource "aws_vpn_gateway" "main" {
  tags = { Name = var.changed ? "other" : "main" }
}

resource "aws_ec2_transit_gateway" "main" {
  description = var.changed ? "other" : "main"
}

resource "aws_flow_log" "main" {
  vpc_id               = aws_vpc.main.id
  traffic_type         = "ALL"
  log_destination_type = "s3"
  log_destination      = aws_s3_bucket.main.arn
  tags                 = { Name = var.changed ? "other" : "main" }
}

data "aws_vpc" "main" {
  id = aws_vpc.main.id
}

data "aws_vpcs" "all" {}

data "aws_subnet" "a" {
  id = aws_subnet.main["a"].id
}

data "aws_subnets" "main" {
  filter {
    name   = "vpc-id"
    values = [aws_vpc.main.id]
  }
}

data "aws_route_table" "main" {
  route_table_id = aws_route_table.main.id
}

data "aws_internet_gateway" "main" {
  internet_gateway_id = aws_internet_gateway.main.id
}

data "aws_security_group" "main" {
  id = aws_security_group.main.id
}

data "aws_security_groups" "main" {
  filter {
    name   = "vpc-id"
    values = [aws_vpc.main.id]
  }
}

data "aws_network_interface" "main" {
  id = aws_network_interface.main.id
}

data "aws_nat_gateway" "main" {
  id = aws_nat_gateway.main.id
}

data "aws_availability_zones" "all" {
  state = "available"
}

data "aws_availability_zone" "a" {
  name = "eu-west-1a"
}
