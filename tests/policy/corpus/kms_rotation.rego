package main

deny[msg] {
	key := keys[_]
	not key.change.after.enable_key_rotation
	msg := sprintf("%s is never rotated", [key.address])
}

keys[key] {
	key := input.resource_changes[_]
	key.type == "aws_kms_key"
	key.change.after.key_usage != "SIGN_VERIFY"
}
