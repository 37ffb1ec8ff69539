terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}

variable "name" {
  type = string
}

resource "cloudfile_object" "left" {
  name  = "${var.name}-left"
  value = "left"
}

resource "cloudfile_object" "right" {
  name  = "${var.name}-right"
  value = cloudfile_object.left.etag
}

output "etag" {
  value = cloudfile_object.left.etag
}
