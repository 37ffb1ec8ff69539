package main

deny[msg] {
	call := input.configuration.root_module.module_calls[name]
	not startswith(call.source, "./")
	not startswith(call.source, "git::")
	not call.version_constraint
	msg := sprintf("module %s has no version", [name])
}
