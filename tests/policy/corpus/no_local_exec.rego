package main

import rego.v1

deny contains msg if {
	walk(input.configuration, [path, value])
	path[count(path) - 1] == "provisioners"
	some provisioner in value
	provisioner.type in {"local-exec", "remote-exec"}
	msg := sprintf("a %s provisioner runs commands", [provisioner.type])
}
