package main

violation[{"msg": msg}] {
	change := input.resource_changes[_]
	change.type == "aws_iam_access_key"
	change.change.actions[_] == "create"
	msg := sprintf("%s makes a key that does not expire; use a role", [change.address])
}
