package main

warn[msg] {
	change := input.resource_changes[_]
	change.type == "aws_cloudwatch_log_group"
	change.change.after.retention_in_days == 0
	msg := sprintf("%s keeps its logs for ever", [change.address])
}
