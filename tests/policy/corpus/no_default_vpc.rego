package main

deny[msg] {
	input.resource_changes[i].type == "aws_default_vpc"
	msg = sprintf("%s uses the default VPC", [input.resource_changes[i].address])
}
