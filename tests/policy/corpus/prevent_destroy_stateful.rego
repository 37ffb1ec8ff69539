package main

import rego.v1

stateful := {"aws_db_instance", "aws_s3_bucket", "aws_dynamodb_table", "aws_efs_file_system"}

deny contains msg if {
	some change in input.resource_changes
	change.type in stateful
	"delete" in change.change.actions
	msg := sprintf("%s holds data and would be destroyed", [change.address])
}
