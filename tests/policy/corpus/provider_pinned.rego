package main

import rego.v1

deny contains msg if {
	some name, provider in input.configuration.provider_config
	not provider.version_constraint
	msg := sprintf("provider %s has no version", [name])
}
