terraform {
  required_providers {
    cloudfile = { source = "driftline/cloudfile" }
  }
}

provider "cloudfile" {
  path = "CLOUD"
}
