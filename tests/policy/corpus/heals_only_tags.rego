package main

import rego.v1

deny contains msg if {
	input.drift.report != null
	some change in input.resource_changes
	some key, value in change.change.after
	key != "tags"
	object.get(change.change.before, key, null) != value
	msg := sprintf("%s heals %s of %s, but only tags heal without a person", [input.drift.report, key, change.address])
}
