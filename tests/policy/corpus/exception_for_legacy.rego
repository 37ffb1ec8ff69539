package main

deny_old_type[msg] {
	change := input.resource_changes[_]
	change.type == "aws_launch_configuration"
	msg := sprintf("%s: use a launch template", [change.address])
}

exception[rules] {
	input.stack.labels.legacy == "true"
	rules := ["old_type"]
}
