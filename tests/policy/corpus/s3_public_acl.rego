package main

import rego.v1

open_acls := {"public-read", "public-read-write", "website"}

deny contains msg if {
	some change in input.resource_changes
	change.type in {"aws_s3_bucket", "aws_s3_bucket_acl"}
	change.change.after.acl in open_acls
	msg := sprintf("%s is readable by anybody (acl %s)", [change.address, change.change.after.acl])
}
