moved {
  from = module.person["ben"]
  to   = module.person["cleo"]
}
