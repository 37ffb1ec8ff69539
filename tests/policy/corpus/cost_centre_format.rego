package main

import rego.v1

deny contains msg if {
	some change in input.resource_changes
	centre := change.change.after.tags["cost-centre"]
	not regex.match(`^CC-[0-9]{4}$`, centre)
	msg := sprintf("%s has cost centre %s, which is not CC- and four digits", [change.address, centre])
}
