terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region            = "eu-west-1"
  s3_use_path_style = true
}

# What each module is called with changes, and what it switches on and off.
variable "changed" {
  type    = bool
  default = false
}

locals {
  name = "shop"
  tags = merge({ team = "shop" }, var.changed ? { stage = "live" } : {})
}

module "vpc" {
  source             = "./modules/vpc"
  name               = local.name
  azs                = ["eu-west-1a", "eu-west-1b"]
  public_subnets     = ["10.0.1.0/24", "10.0.2.0/24"]
  private_subnets    = var.changed ? ["10.0.11.0/24"] : ["10.0.11.0/24", "10.0.12.0/24"]
  enable_nat_gateway = true
  single_nat_gateway = !var.changed
  public_subnet_tags = { "kubernetes.io/role/elb" = 1 }
  tags               = local.tags
  private_acl_rules = [
    { rule_number = 100, rule_action = var.changed ? "deny" : "allow", protocol = "-1", cidr_block = "10.0.0.0/8" },
  ]
}

module "no_vpc" {
  source = "./modules/vpc"
  create = var.changed
  name   = "later"
}

module "security_group" {
  source              = "./modules/security_group"
  for_each            = { app = ["https-443-tcp"], all = ["all-all"] }
  name                = each.key
  vpc_id              = module.vpc.vpc_id
  ingress_rules       = var.changed ? concat(each.value, ["http-80-tcp"]) : each.value
  ingress_cidr_blocks = ["10.0.0.0/8"]
}

module "database_group" {
  source          = "./modules/security_group"
  name            = "database"
  use_name_prefix = var.changed
  vpc_id          = module.vpc.vpc_id
  computed_ingress_with_source_security_group_id = [
    { rule = "postgresql-tcp", source_security_group_id = module.security_group["app"].security_group_id },
  ]
  number_of_computed_ingress_with_source_security_group_id = 1
}

module "bucket" {
  source                                = "./modules/s3_bucket"
  bucket                                = "shop-modules"
  versioning                            = { enabled = !var.changed }
  attach_deny_insecure_transport_policy = true
  tags                                  = local.tags
  cors_rule                             = var.changed ? [] : [{ allowed_methods = ["GET"], allowed_origins = ["*"] }]
  lifecycle_rule = [
    {
      id         = "logs"
      enabled    = true
      filter     = { prefix = "logs/" }
      expiration = { days = var.changed ? 60 : 90 }
      transition = [{ days = 30, storage_class = "STANDARD_IA" }]
    },
  ]
}

module "role" {
  source                  = "./modules/iam_role"
  name                    = local.name
  create_instance_profile = !var.changed
  trusted = merge(
    { lambda = { principals = ["lambda.amazonaws.com"] } },
    var.changed ? {} : { people = {
      type       = "AWS"
      principals = ["123456789012"]
      conditions = [{ test = "Bool", variable = "aws:MultiFactorAuthPresent", values = ["true"] }]
    } },
  )
  policies = { for name in var.changed ? ["read", "write"] : ["read"] : name => jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:${title(name)}*"], Resource = "${module.bucket.arn}/*" }]
  }) }
  inline = {
    Decrypt = { actions = ["kms:Decrypt"], resources = [module.key.arn] }
    Logs    = { actions = var.changed ? ["logs:*"] : ["logs:PutLogEvents"] }
  }
}

module "queue" {
  source                     = "./modules/sqs"
  for_each                   = { jobs = { dlq = true }, mail = { fifo = var.changed } }
  name                       = each.key
  fifo_queue                 = lookup(each.value, "fifo", false)
  create_dlq                 = lookup(each.value, "dlq", false)
  visibility_timeout_seconds = var.changed ? 60 : 30
  redrive_policy             = { maxReceiveCount = var.changed ? 3 : 5 }
  tags                       = local.tags
}

module "topic" {
  source       = "./modules/sns"
  name         = "alerts"
  display_name = var.changed ? "Alerts" : null
  topic_policy_statements = {
    pub = { principals = [{ type = "Service", identifiers = [var.changed ? "events.amazonaws.com" : "s3.amazonaws.com"] }] }
  }
  subscriptions = merge(
    { jobs = { protocol = "sqs", endpoint = module.queue["jobs"].arn, filter_policy = { kind = ["job"] } } },
    var.changed ? { mail = { protocol = "sqs", endpoint = module.queue["jobs"].arn, raw_message_delivery = true } } : {},
  )
}

# Not in the bucket above: its policy denies what is not encrypted on the way.
resource "aws_s3_bucket" "code" {
  bucket = "shop-code"
}

# An empty archive.
resource "aws_s3_object" "code" {
  bucket         = aws_s3_bucket.code.id
  key            = "empty.zip"
  content_base64 = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="
}

module "function" {
  source                = "./modules/lambda"
  function_name         = local.name
  role                  = module.role.arn
  s3_existing_package   = { bucket = aws_s3_object.code.bucket, key = aws_s3_object.code.key }
  environment_variables = var.changed ? {} : { QUEUE = module.queue["jobs"].url }
  aliases               = { live = { description = var.changed ? "Live" : null } }
  allowed_triggers = merge(
    { topic = { service = "sns", source_arn = module.topic.arn } },
    var.changed ? { bucket = { principal = "s3.amazonaws.com", source_arn = module.bucket.arn } } : {},
  )
  log_days = var.changed ? 30 : 14
}

module "table" {
  source     = "./modules/dynamodb"
  for_each   = toset(var.changed ? ["orders"] : ["orders", "baskets"])
  name       = each.key
  hash_key   = "id"
  attributes = [{ name = "id", type = "S" }, { name = "age", type = "N" }]
  ttl        = { enabled = var.changed, attribute_name = "expires" }
  global_secondary_indexes = [
    { name = "by_age", hash_key = "age", projection_type = "INCLUDE", non_key_attributes = ["id"] },
  ]
  tags = local.tags
}

module "images" {
  source = "./modules/ecr"
  repositories = {
    app    = { kms_key = module.key.arn, readers = ["arn:aws:iam::123456789012:root"] }
    worker = { mutability = var.changed ? "MUTABLE" : "IMMUTABLE", kept_images = var.changed ? null : 5 }
  }
}

module "key" {
  source             = "./modules/kms"
  description        = var.changed ? "of the whole shop" : "of the shop"
  aliases            = var.changed ? ["shop", "all"] : ["shop"]
  computed_aliases   = { plus = { name = "${local.name}/plus" } }
  key_administrators = ["arn:aws:iam::123456789012:root"]
  grants             = { function = { grantee_principal = module.role.arn, operations = ["Encrypt"] } }
}

output "network" {
  value = [module.vpc.vpc_id, module.vpc.private_subnets, module.vpc.nat_public_ips, module.no_vpc.vpc_id]
}

output "policies" {
  value = module.role.policies
}

output "subscriptions" {
  value     = module.topic.subscriptions
  sensitive = true
}

output "arns" {
  value = [module.function.arn, module.images.urls, module.key.aliases, { for name, one in module.table : name => one.arn }]
}
