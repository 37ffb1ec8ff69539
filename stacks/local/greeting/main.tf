variable "cloud_file" {
  description = "A file outside the repository that stands for the real world."
  type        = string
}

locals {
  found = fileexists(var.cloud_file) ? trimspace(file(var.cloud_file)) : ""
}

# Its input follows the file, so a file that is changed by hand shows as an update.
resource "terraform_data" "greeting" {
  input = local.found
}

output "greeting" {
  value = terraform_data.greeting.output
}
