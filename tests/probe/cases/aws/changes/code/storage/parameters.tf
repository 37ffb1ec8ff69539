resource "aws_ssm_parameter" "new_name" {
  name  = "/storage/moved"
  type  = "String"
  value = "moves in the code"
}

moved {
  from = aws_ssm_parameter.old_name
  to   = aws_ssm_parameter.new_name
}
