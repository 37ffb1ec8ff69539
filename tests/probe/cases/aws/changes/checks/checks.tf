check "the_alias_leads_to_the_key" {
  data "aws_kms_alias" "found" {
    name = "alias/main"
  }

  assert {
    condition     = data.aws_kms_alias.found.target_key_id == aws_kms_key.main.key_id
    error_message = "alias/main leads to another key."
  }
}
