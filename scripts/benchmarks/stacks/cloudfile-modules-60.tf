module "NAME-objects" {
  source   = "./modules/objects"
  for_each = toset(["x", "y", "z"])
  name     = "NAME-${each.key}"
  objects  = 15
}
