resource "aws_iam_role" "main" {
  name                 = "main"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = var.changed ? 7200 : 3600
}

resource "aws_iam_role_policy" "main" {
  name   = "main"
  role   = aws_iam_role.main.id
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_policy" "main" {
  name   = "main"
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_role_policy_attachment" "main" {
  role       = aws_iam_role.main.name
  policy_arn = aws_iam_policy.main.arn
}

resource "aws_iam_instance_profile" "main" {
  name = "main"
  role = aws_iam_role.main.name
  tags = { Name = var.changed ? "other" : "main" }
}

resource "aws_iam_user" "main" {
  name = "main"
  tags = { Name = var.changed ? "other" : "main" }
}

resource "aws_iam_user_policy" "main" {
  name   = "main"
  user   = aws_iam_user.main.name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_user_policy_attachment" "main" {
  user       = aws_iam_user.main.name
  policy_arn = aws_iam_policy.main.arn
}

resource "aws_iam_access_key" "main" {
  user   = aws_iam_user.main.name
  status = var.changed ? "Inactive" : "Active"
}

resource "aws_iam_user_ssh_key" "main" {
  username   = aws_iam_user.main.name
  encoding   = "SSH"
  status     = var.changed ? "Inactive" : "Active"
  public_key = aws_key_pair.main.public_key
}

resource "aws_iam_group" "main" {
  name = "main"
  path = var.changed ? "/other/" : "/"
}

resource "aws_iam_group_policy" "main" {
  name   = "main"
  group  = aws_iam_group.main.name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_group_policy_attachment" "main" {
  group      = aws_iam_group.main.name
  policy_arn = aws_iam_policy.main.arn
}

resource "aws_iam_group_membership" "main" {
  name  = "main"
  group = aws_iam_group.main.name
  users = var.changed ? [] : [aws_iam_user.main.name]
}

resource "aws_iam_user_group_membership" "main" {
  user   = aws_iam_user.main.name
  groups = [aws_iam_group.main.name]
}

resource "aws_iam_account_alias" "main" {
  account_alias = var.changed ? "other-types" : "main-types"
}

resource "aws_iam_account_password_policy" "main" {
  minimum_password_length = var.changed ? 16 : 12
  require_symbols         = true
}

resource "aws_iam_openid_connect_provider" "main" {
  url             = "https://login.driftline.test"
  client_id_list  = ["driftline"]
  thumbprint_list = [var.changed ? "990f4193972f2becf12ddeda5237f9c952f20d9e" : "cf23df2207d99a74fbe169e3eba035e633b65d94"]
}

resource "aws_iam_service_linked_role" "main" {
  aws_service_name = "autoscaling.amazonaws.com"
  description      = var.changed ? "other" : "main"
}

resource "aws_kms_key" "main" {
  description             = var.changed ? "other" : "main"
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "main" {
  name          = var.changed ? "alias/other" : "alias/main"
  target_key_id = aws_kms_key.main.key_id
}

resource "aws_kms_grant" "main" {
  name              = var.changed ? "other" : "main"
  key_id            = aws_kms_key.main.key_id
  grantee_principal = aws_iam_role.main.arn
  operations        = ["Encrypt", "Decrypt"]
}

resource "aws_secretsmanager_secret" "main" {
  name                    = "main"
  description             = var.changed ? "other" : "main"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "main" {
  secret_id     = aws_secretsmanager_secret.main.id
  secret_string = var.changed ? "other" : "main"
}

resource "aws_secretsmanager_secret_policy" "main" {
  secret_arn = aws_secretsmanager_secret.main.arn
  policy     = data.aws_iam_policy_document.own.json
}

resource "aws_ssm_parameter" "main" {
  for_each = { String = "one", SecureString = "two", StringList = "a,b" }
  name     = "/main/${each.key}"
  type     = each.key
  value    = var.changed ? "${each.value}-changed" : each.value
}

resource "aws_cognito_user_pool" "main" {
  name = "main"
  password_policy {
    minimum_length = var.changed ? 12 : 8
  }
}

resource "aws_cognito_user_pool_client" "main" {
  name                   = var.changed ? "other" : "main"
  user_pool_id           = aws_cognito_user_pool.main.id
  refresh_token_validity = 30
}

resource "aws_cognito_identity_pool" "main" {
  identity_pool_name               = "main"
  allow_unauthenticated_identities = var.changed
}

data "aws_caller_identity" "me" {}

data "aws_partition" "here" {}

data "aws_region" "here" {}

data "aws_default_tags" "main" {}

data "aws_arn" "bucket" {
  arn = "arn:aws:s3:::main"
}

data "aws_service" "s3" {
  service_id = "s3"
}

data "aws_elb_service_account" "main" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com", "ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "read" {
  statement {
    actions   = var.changed ? ["s3:GetObject"] : ["s3:GetObject", "s3:ListBucket"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "own" {
  source_policy_documents = [data.aws_iam_policy_document.read.json]
  statement {
    sid       = "Own"
    actions   = ["*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.me.account_id]
    }
  }
}

data "aws_iam_role" "main" {
  name = aws_iam_role.main.name
}

data "aws_iam_policy" "main" {
  arn = aws_iam_policy.main.arn
}

data "aws_iam_user" "main" {
  user_name = aws_iam_user.main.name
}

data "aws_iam_group" "main" {
  group_name = aws_iam_group.main.name
}

data "aws_kms_key" "main" {
  key_id = aws_kms_key.main.key_id
}

data "aws_kms_alias" "main" {
  name = aws_kms_alias.main.name
}

data "aws_ssm_parameter" "main" {
  name = aws_ssm_parameter.main["SecureString"].name
}

data "aws_secretsmanager_secret" "main" {
  name = aws_secretsmanager_secret.main.name
}

data "aws_secretsmanager_secret_version" "main" {
  secret_id  = aws_secretsmanager_secret.main.id
  depends_on = [aws_secretsmanager_secret_version.main]
}
