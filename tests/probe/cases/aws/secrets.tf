resource "aws_secretsmanager_secret" "database" {
  name                    = "database"
  description             = "of the database"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = jsonencode({ user = "app", password = var.database_password })
}

resource "aws_ssm_parameter" "password" {
  name  = "/identity/password"
  type  = "SecureString"
  value = var.database_password
}

resource "aws_ssm_parameter" "plain" {
  for_each    = { one = "1", two = "2" }
  name        = "/identity/plain/${each.key}"
  type        = "String"
  value       = each.value
  description = "plain ${each.key}"
}

resource "aws_ssm_parameter" "left_alone" {
  name  = "/identity/left-alone"
  type  = "String"
  value = "first"

  lifecycle {
    ignore_changes = [value, tags]
  }
}
