terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {}

variable "values" {
  type = map(string)
}

module "settings" {
  source = "../../modules/settings"
  prefix = "/demo"
  values = var.values
}

output "names" {
  value = module.settings.names
}
