package main

deny[{"msg": msg, "address": change.address}] {
	change := input.resource_changes[_]
	change.type == "aws_vpc_security_group_ingress_rule"
	change.change.after.cidr_ipv4 == "0.0.0.0/0"
	not web(change.change.after)
	msg := sprintf("%s lets the world in on port %v", [change.address, change.change.after.from_port])
}

web(rule) {
	rule.from_port == 443
	rule.to_port == 443
}
