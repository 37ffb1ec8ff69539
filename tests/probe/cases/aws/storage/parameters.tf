resource "aws_ssm_parameter" "retired" {
  name  = "/storage/retired"
  type  = "String"
  value = "still here"
}

resource "aws_ssm_parameter" "old_name" {
  name  = "/storage/moved"
  type  = "String"
  value = "moves in the code"
}
