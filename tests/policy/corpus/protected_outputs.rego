package main

import rego.v1

warn contains msg if {
	some name, output in input.output_changes
	contains(lower(name), "password")
	not output.after_sensitive
	msg := sprintf("output %s is not marked as sensitive", [name])
}
