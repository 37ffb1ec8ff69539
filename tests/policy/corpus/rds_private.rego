package main

import rego.v1

deny contains msg if {
	some change in input.resource_changes
	change.type in ["aws_db_instance", "aws_rds_cluster_instance"]
	change.change.after.publicly_accessible == true
	msg := sprintf("%s can be reached from the internet", [change.address])
}
