package main

import rego.v1

warn contains msg if {
	some change in input.resource_changes
	change.type == "aws_db_instance"
	object.get(change.change.after, "backup_retention_period", 0) < 7
	msg := sprintf("%s keeps its backups for less than a week", [change.address])
}
