data "aws_caller_identity" "me" {}

data "aws_partition" "here" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.me.account_id}:root"]
    }
  }
}

data "aws_iam_policy_document" "deploy" {
  statement {
    sid       = "Decrypt"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.main.arn]
  }
  dynamic "statement" {
    for_each = var.people
    content {
      sid       = title(statement.key)
      actions   = ["s3:PutObject"]
      resources = ["arn:aws:s3:::homes/${statement.key}/*"]
    }
  }
}

data "aws_ssm_parameter" "password" {
  name = aws_ssm_parameter.password.name
}

data "aws_secretsmanager_secret_version" "database" {
  secret_id  = aws_secretsmanager_secret.database.id
  depends_on = [aws_secretsmanager_secret_version.database]
}
