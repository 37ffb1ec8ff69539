terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}

variable "name" { type = string }
variable "objects" { type = number }

resource "cloudfile_object" "counted" {
  count = var.objects
  name  = "${var.name}-counted-${count.index}"
  value = "one"
}

resource "cloudfile_object" "keyed" {
  for_each = toset(["a", "b", "c", "d", "e"])
  name     = "${var.name}-keyed-${each.key}"
  value    = "one"
}
