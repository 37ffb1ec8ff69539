resource "cloudfile_object" "NAME" {
  count = 17
  name  = "NAME-${count.index}"
  value = "one"
}
