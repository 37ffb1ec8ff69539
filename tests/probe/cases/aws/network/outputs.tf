output "subnets" {
  value = { for zone, subnet in aws_subnet.zone : zone => subnet.id }
}

output "seen" {
  value = {
    cidr    = data.aws_vpc.main.cidr_block
    regions = [data.aws_region.here.name, data.aws_region.far.name]
    zones   = data.aws_availability_zones.all.names
    home    = module.peer.home_cidr
  }
}

output "address" {
  value = aws_eip.gate.public_ip
}
