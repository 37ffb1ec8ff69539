package main

import rego.v1

deny contains msg if {
	some change in input.resource_changes
	change.mode == "managed"
	not regex.match(`^[a-z][a-z0-9_]*$`, change.name)
	msg := sprintf("%s: names are lower case", [change.address])
}
