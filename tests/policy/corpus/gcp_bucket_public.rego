package main

import rego.v1

deny contains msg if {
	some change in input.resource_changes
	change.type == "google_storage_bucket_iam_member"
	change.change.after.member in {"allUsers", "allAuthenticatedUsers"}
	msg := sprintf("%s gives %s to everybody", [change.address, change.change.after.role])
}
