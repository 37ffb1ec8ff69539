data "aws_caller_identity" "me" {}

data "aws_ssm_parameter" "token" {
  name       = "/events/token"
  depends_on = [aws_ssm_parameter.token]
}

data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "send" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = ["arn:aws:sqs:us-west-2:${data.aws_caller_identity.me.account_id}:*"]
    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.me.account_id]
    }
  }
}
