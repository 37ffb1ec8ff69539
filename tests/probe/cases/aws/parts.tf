provider "aws" {
  alias             = "west"
  region            = "us-west-2"
  s3_use_path_style = true
}

variable "queues" {
  type    = map(number)
  default = { jobs = 30, mail = 60 }
}

variable "lambda_timeout" {
  type    = number
  default = 5
}

variable "alarms" {
  type    = number
  default = 2
}

variable "zones" {
  type    = map(number)
  default = { a = 1, b = 2 }
}

variable "open_ports" {
  type    = list(number)
  default = [80, 443]
}

variable "log_days" {
  type    = number
  default = 14
}

variable "tag_mutability" {
  type    = string
  default = "IMMUTABLE"
}

module "events" {
  source         = "./events"
  providers      = { aws = aws.west }
  queues         = var.queues
  lambda_timeout = var.lambda_timeout
  alarms         = var.alarms
}

module "network" {
  source     = "./network"
  providers  = { aws = aws, aws.west = aws.west }
  zones      = var.zones
  open_ports = var.open_ports
}

module "storage" {
  source         = "./storage"
  log_days       = var.log_days
  tag_mutability = var.tag_mutability
}

output "topic" {
  value = module.events.topic
}

output "token" {
  value     = module.events.token
  sensitive = true
}

output "name_servers" {
  value = module.events.name_servers
}

output "subnets" {
  value = module.network.subnets
}

output "seen" {
  value = module.network.seen
}

output "address" {
  value = module.network.address
}

output "bucket" {
  value = module.storage.bucket
}

output "orders" {
  value = module.storage.orders
}
