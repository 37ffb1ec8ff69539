package main

required = {"owner", "cost-centre", "env"}

tagged[change] {
	change := input.resource_changes[_]
	startswith(change.type, "aws_")
	change.change.actions[_] != "delete"
	change.change.after.tags
}

deny[msg] {
	change := tagged[_]
	has := {key | change.change.after.tags[key]}
	missing := required - has
	count(missing) > 0
	msg := sprintf("%s lacks the tags %s", [change.address, concat(", ", missing)])
}
