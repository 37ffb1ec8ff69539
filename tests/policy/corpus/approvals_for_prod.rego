package main

import rego.v1

destroys := [change | some change in input.resource_changes; "delete" in change.change.actions]

approvals := 2 if {
	input.stack.labels.env == "prod"
	count(destroys) > 0
}
