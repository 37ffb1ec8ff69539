output "topic" {
  value = module.alerts.topic
}

output "token" {
  value     = data.aws_ssm_parameter.token.value
  sensitive = true
}

output "name_servers" {
  value = aws_route53_zone.main.name_servers
}
