package main

deny[msg] {
	change := input.resource_changes[_]
	change.type == "aws_instance"
	disk := change.change.after.root_block_device[_]
	object.get(disk, "encrypted", false) != true
	msg := sprintf("the root disk of %s is not encrypted", [change.address])
}
