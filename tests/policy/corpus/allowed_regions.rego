package main

import rego.v1

allowed := {"eu-west-1", "eu-central-1"}

deny contains msg if {
	some name, provider in input.configuration.provider_config
	provider.name == "aws"
	region := provider.expressions.region.constant_value
	not region in allowed
	msg := sprintf("provider %s works in %s", [name, region])
}
