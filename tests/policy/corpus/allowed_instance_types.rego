package main

import future.keywords.in

allowed = ["t3.", "t4g.", "m7g."]

deny[msg] {
	change := input.resource_changes[_]
	change.type == "aws_instance"
	type := change.change.after.instance_type
	not any_prefix(type)
	msg := sprintf("%s has instance type %s", [change.address, type])
}

any_prefix(type) {
	some prefix in allowed
	startswith(type, prefix)
}
