terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "prefix" {
  type = string
}

variable "values" {
  type = map(string)
}

resource "aws_ssm_parameter" "value" {
  for_each = var.values
  name     = "${var.prefix}/${each.key}"
  type     = "String"
  value    = each.value
}

output "names" {
  value = sort([for parameter in aws_ssm_parameter.value : parameter.name])
}
