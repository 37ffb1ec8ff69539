resource "cloudfile_object" "NAME" {
  count = 2
  name  = "NAME-${count.index}"
  value = "one"
}
