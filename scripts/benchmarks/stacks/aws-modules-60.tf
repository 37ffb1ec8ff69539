module "NAME-network" {
  source  = "./modules/network"
  name    = "NAME"
  subnets = 4
}

module "NAME-security-group" {
  source   = "./modules/security-group"
  for_each = toset(["web", "app", "queue", "db"])
  name     = "NAME-${each.key}"
  vpc_id   = module.NAME-network.vpc_id
  ports    = ["80", "443", "5432"]
}

module "NAME-bucket" {
  source = "./modules/bucket"
  count  = 5
  name   = "driftline-NAME-${count.index}"
}

resource "aws_sns_topic" "NAME" {
  count = 2
  name  = "NAME-${count.index}"
}
