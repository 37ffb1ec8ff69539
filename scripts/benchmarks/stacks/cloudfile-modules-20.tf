module "NAME-objects" {
  source   = "./modules/objects"
  for_each = toset(["x", "y"])
  name     = "NAME-${each.key}"
  objects  = 5
}
