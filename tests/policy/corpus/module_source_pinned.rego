package main

import rego.v1

deny contains msg if {
	some name, call in input.configuration.root_module.module_calls
	startswith(call.source, "git::")
	not regex.match(`[?&]ref=(v[0-9]|[0-9a-f]{40})`, call.source)
	msg := sprintf("module %s is not pinned to a version: %s", [name, call.source])
}
