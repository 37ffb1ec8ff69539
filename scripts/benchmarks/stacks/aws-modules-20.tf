module "NAME-network" {
  source  = "./modules/network"
  name    = "NAME"
  subnets = 2
}

module "NAME-security-group" {
  source   = "./modules/security-group"
  for_each = toset(["web"])
  name     = "NAME-${each.key}"
  vpc_id   = module.NAME-network.vpc_id
  ports    = ["80", "443"]
}

module "NAME-bucket" {
  source = "./modules/bucket"
  count  = 1
  name   = "driftline-NAME-${count.index}"
}
