package main

flags = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"]

deny[msg] {
	change := input.resource_changes[_]
	change.type == "aws_s3_bucket_public_access_block"
	flag := flags[_]
	not change.change.after[flag]
	msg := sprintf("%s leaves %s off", [change.address, flag])
}
