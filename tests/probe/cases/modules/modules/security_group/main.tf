terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "name" {
  type = string
}

variable "use_name_prefix" {
  type    = bool
  default = true
}

variable "vpc_id" {
  type = string
}

variable "ingress_rules" {
  type    = list(string)
  default = []
}

variable "ingress_cidr_blocks" {
  type    = list(string)
  default = ["10.0.0.0/8"]
}

variable "computed_ingress_with_source_security_group_id" {
  type    = list(map(string))
  default = []
}

variable "number_of_computed_ingress_with_source_security_group_id" {
  type    = number
  default = 0
}

variable "rules" {
  type = map(list(any))
  default = {
    https-443-tcp  = [443, 443, "tcp", "HTTPS"]
    http-80-tcp    = [80, 80, "tcp", "HTTP"]
    postgresql-tcp = [5432, 5432, "tcp", "PostgreSQL"]
    all-all        = [-1, -1, "-1", "All protocols"]
  }
}

locals {
  this_sg_id = concat(aws_security_group.this[*].id, aws_security_group.this_name_prefix[*].id, [""])[0]
}

resource "aws_security_group" "this" {
  count       = var.use_name_prefix ? 0 : 1
  name        = var.name
  description = "Security group of ${var.name}"
  vpc_id      = var.vpc_id
}

resource "aws_security_group" "this_name_prefix" {
  count       = var.use_name_prefix ? 1 : 0
  name_prefix = "${var.name}-"
  description = "Security group of ${var.name}"
  vpc_id      = var.vpc_id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group_rule" "ingress_rules" {
  count             = length(var.ingress_rules)
  security_group_id = local.this_sg_id
  type              = "ingress"
  cidr_blocks       = var.ingress_cidr_blocks
  description       = var.rules[var.ingress_rules[count.index]][3]
  from_port         = var.rules[var.ingress_rules[count.index]][0]
  to_port           = var.rules[var.ingress_rules[count.index]][1]
  protocol          = var.rules[var.ingress_rules[count.index]][2]
}

resource "aws_security_group_rule" "computed_ingress" {
  count                    = var.number_of_computed_ingress_with_source_security_group_id
  security_group_id        = local.this_sg_id
  type                     = "ingress"
  source_security_group_id = var.computed_ingress_with_source_security_group_id[count.index]["source_security_group_id"]
  description              = lookup(var.computed_ingress_with_source_security_group_id[count.index], "description", "Ingress rule")
  from_port                = var.rules[var.computed_ingress_with_source_security_group_id[count.index]["rule"]][0]
  to_port                  = var.rules[var.computed_ingress_with_source_security_group_id[count.index]["rule"]][1]
  protocol                 = var.rules[var.computed_ingress_with_source_security_group_id[count.index]["rule"]][2]
}

output "security_group_id" {
  value = local.this_sg_id
}
