resource "aws_sns_topic" "NAME" {
  name = "NAME"
}

resource "aws_s3_bucket" "NAME" {
  bucket = "driftline-NAME"
}
