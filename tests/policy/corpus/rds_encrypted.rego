package main

deny_unencrypted[msg] {
	change := input.resource_changes[_]
	change.type == "aws_db_instance"
	not change.change.after.storage_encrypted
	msg := sprintf("the storage of %s is not encrypted", [change.address])
}
