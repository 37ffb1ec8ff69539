package main

import rego.v1

deny contains msg if {
	some change in input.resource_changes
	change.type in {"aws_iam_policy", "aws_iam_role_policy"}
	policy := json.unmarshal(change.change.after.policy)
	some statement in policy.Statement
	statement.Effect == "Allow"
	"*" in actions(statement)
	msg := sprintf("%s allows every action", [change.address])
}

actions(statement) := statement.Action if is_array(statement.Action)

actions(statement) := [statement.Action] if is_string(statement.Action)
