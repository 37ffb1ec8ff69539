package main

import rego.v1

old := {"TLSv1", "TLSv1_2016", "TLSv1.1_2016", "SSLv3"}

deny contains msg if {
	some change in input.resource_changes
	change.type == "aws_cloudfront_distribution"
	some certificate in change.change.after.viewer_certificate
	certificate.minimum_protocol_version in old
	msg := sprintf("%s accepts %s", [change.address, certificate.minimum_protocol_version])
}
