terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}

variable "name" {}

resource "cloudfile_object" "it" {
  count = 2
  name  = "${var.name}-${count.index}"
  value = "WORD"
}
