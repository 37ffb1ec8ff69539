package main

import rego.v1

deny contains msg if {
	some _, provider in input.configuration.provider_config
	not glob.match("registry.terraform.io/hashicorp/*", ["/"], provider.full_name)
	msg := sprintf("provider %s is not from a known publisher", [provider.full_name])
}
