terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region            = "eu-west-1"
  s3_use_path_style = true
}

# Each resource that can be changed reads it.
variable "changed" {
  type    = bool
  default = false
}
