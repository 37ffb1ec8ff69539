package main

deny[msg] {
	change := input.resource_changes[_]
	change.type == "aws_lb_listener"
	change.change.after.protocol == "HTTP"
	not redirects(change.change.after)
	msg := sprintf("%s serves plain HTTP", [change.address])
}

redirects(listener) {
	listener.default_action[_].type == "redirect"
}
