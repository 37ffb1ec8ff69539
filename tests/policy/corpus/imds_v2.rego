package main

import rego.v1

deny contains msg if {
	some change in input.resource_changes
	change.type in {"aws_instance", "aws_launch_template"}
	not requires_token(change.change.after)
	msg := sprintf("%s answers metadata requests without a token", [change.address])
}

requires_token(after) if {
	some options in after.metadata_options
	options.http_tokens == "required"
}
