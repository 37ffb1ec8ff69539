output "account" {
  value = data.aws_caller_identity.me.account_id
}

output "password" {
  value     = data.aws_ssm_parameter.password.value
  sensitive = true
}

output "database" {
  value     = data.aws_secretsmanager_secret_version.database.secret_string
  sensitive = true
}

output "people" {
  value = { for name, person in module.person : name => person.arn }
}

output "plain_version" {
  value = aws_ssm_parameter.plain["one"].version
}

check "sessions_are_short" {
  assert {
    condition     = var.deploy_session <= 3600
    error_message = "A session is longer than an hour."
  }
}
