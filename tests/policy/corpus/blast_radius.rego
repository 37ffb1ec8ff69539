package main

weight = {"delete": 10, "create": 1, "update": 3}

score = total {
	total := sum([weight[action] | action := input.resource_changes[_].change.actions[_]])
}

deny[msg] {
	score > 30
	msg := sprintf("the blast radius is %d, and 30 is allowed", [score])
}
