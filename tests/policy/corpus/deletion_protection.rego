package main

import rego.v1

attribute := {"aws_db_instance": "deletion_protection", "aws_lb": "enable_deletion_protection", "aws_dynamodb_table": "deletion_protection_enabled"}

deny contains msg if {
	some change in input.resource_changes
	name := attribute[change.type]
	change.change.after != null
	not change.change.after[name]
	msg := sprintf("%s has no %s", [change.address, name])
}
