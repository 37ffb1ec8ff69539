package main

import rego.v1

admin_ports := {22, 3389}

anywhere := {"0.0.0.0/0", "::/0"}

deny contains msg if {
	some change in input.resource_changes
	change.type == "aws_security_group"
	some rule in change.change.after.ingress
	some block in rule.cidr_blocks
	block in anywhere
	some port in admin_ports
	rule.from_port <= port
	port <= rule.to_port
	msg := sprintf("%s opens port %d to %s", [change.address, port, block])
}
