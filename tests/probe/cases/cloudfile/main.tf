terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}

provider "cloudfile" {
  path = "${path.module}/cloud.json"
}

variable "secret" {
  type      = string
  default   = "hunter2"
  sensitive = true
}

variable "sizes" {
  type    = map(number)
  default = { small = 0.1, large = 1000000 }
}

resource "cloudfile_object" "web" {
  name   = "web"
  value  = "one"
  secret = var.secret
  tags   = { env = "test" }
  list   = ["a", "b"]
}

resource "cloudfile_object" "sized" {
  for_each = var.sizes
  name     = "sized-${each.key}"
  size     = each.value
}

resource "cloudfile_object" "bare" {
  count = 2
  name  = "bare-${count.index}"
}

resource "cloudfile_object" "left_alone" {
  name  = "left-alone"
  value = "first"

  lifecycle {
    ignore_changes = [value]
  }
}

module "pair" {
  source = "./modules/pair"
  name   = "pair"
}

data "cloudfile_lookup" "web" {
  name = cloudfile_object.web.name
}

output "looked_up" {
  value = data.cloudfile_lookup.web.value
}

output "secret" {
  value     = cloudfile_object.web.secret
  sensitive = true
}

output "pair_etag" {
  value = module.pair.etag
}
