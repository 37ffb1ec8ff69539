variable "lines" {
  type = list(string)
}

resource "terraform_data" "line" {
  for_each = toset(var.lines)
  input    = each.value
}
