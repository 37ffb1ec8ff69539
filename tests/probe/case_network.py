"""Networks in two regions: what people do to them by hand, and what a plan makes of it."""

from probe_case import Case, Found, Hands, Situation

FAR = "us-west-2"


def tag_the_vpc_otherwise(hands: Hands) -> None:
    tag = {"Key": "Name", "Value": "by hand"}
    hands.client("ec2").create_tags(Resources=[hands.attribute("module.network.aws_vpc.main")], Tags=[tag])


def remove_a_default_tag(hands: Hands) -> None:
    gateway = hands.attribute("module.network.aws_internet_gateway.main")
    hands.client("ec2").delete_tags(Resources=[gateway], Tags=[{"Key": "stage"}])


def tag_far_away(hands: Hands) -> None:
    subnet = hands.attribute("module.network.module.peer.aws_subnet.far[1]")
    hands.client("ec2", FAR).create_tags(Resources=[subnet], Tags=[{"Key": "added", "Value": "by hand"}])


def open_a_port(hands: Hands) -> None:
    hands.client("ec2").authorize_security_group_ingress(
        GroupId=hands.attribute("module.network.aws_security_group.web"),
        IpPermissions=[port(8080, "0.0.0.0/0")],
    )


def add_an_entry(hands: Hands) -> None:
    hands.client("ec2").create_network_acl_entry(
        NetworkAclId=hands.attribute("module.network.aws_network_acl.main"),
        RuleNumber=200,
        Protocol="6",
        RuleAction="allow",
        Egress=False,
        CidrBlock="0.0.0.0/0",
        PortRange={"From": 22, "To": 22},
    )


def overwrite_the_peer_with_itself(hands: Hands) -> None:
    vpc = hands.attribute("module.network.module.peer.aws_vpc.far")
    hands.client("ssm").put_parameter(Name="/network/peer", Type="String", Value=vpc, Overwrite=True)


def delete_a_subnet_far_away(hands: Hands) -> None:
    hands.client("ec2", FAR).delete_subnet(
        SubnetId=hands.attribute("module.network.module.peer.aws_subnet.far[0]")
    )


def delete_the_route(hands: Hands) -> None:
    table = hands.attribute("module.network.aws_route_table.public")
    hands.client("ec2").delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")


def close_a_port(hands: Hands) -> None:
    hands.client("ec2").revoke_security_group_ingress(
        GroupId=hands.attribute("module.network.aws_security_group.inner"),
        IpPermissions=[port(80, "10.0.0.0/8")],
    )


def release_the_address(hands: Hands) -> None:
    hands.client("ec2").release_address(AllocationId=hands.attribute("module.network.aws_eip.gate"))


def port(number: int, source: str) -> dict[str, object]:
    return {"IpProtocol": "tcp", "FromPort": number, "ToPort": number, "IpRanges": [{"CidrIp": source}]}


NETWORK = Case(
    "network",
    "eu-west-1",
    (
        Situation("clean"),
        Situation(
            "code",
            code="code",
            finds=Found(
                planned={
                    'module.network.aws_route_table_association.zone["a"]': "delete",
                    'module.network.aws_route_table_association.zone["c"]': "create",
                    "module.network.aws_security_group_rule.open[1]": "delete",
                    'module.network.aws_subnet.zone["a"]': "delete",
                    'module.network.aws_subnet.zone["c"]': "create",
                },
                outputs=frozenset({"subnets"}),
            ),
        ),
        Situation(
            "changed",
            by_hand=(
                tag_the_vpc_otherwise,
                remove_a_default_tag,
                tag_far_away,
                open_a_port,
                add_an_entry,
                overwrite_the_peer_with_itself,
            ),
            finds=Found(
                planned={
                    "module.network.data.aws_vpc.main": "read",
                    "module.network.aws_internet_gateway.main": "update",
                    "module.network.aws_network_acl.main": "update",
                    "module.network.aws_security_group.web": "update",
                    "module.network.aws_vpc.main": "update",
                    "module.network.module.peer.aws_subnet.far[1]": "update",
                },
                drifted=frozenset(
                    {
                        "module.network.aws_internet_gateway.main",
                        "module.network.aws_network_acl.main",
                        "module.network.aws_security_group.web",
                        "module.network.aws_vpc.main",
                        "module.network.module.peer.aws_ssm_parameter.home",
                        "module.network.module.peer.aws_subnet.far[1]",
                    }
                ),
                outputs=frozenset({"seen"}),
            ),
        ),
        Situation(
            "deleted",
            by_hand=(
                delete_a_subnet_far_away,
                delete_the_route,
                close_a_port,
                release_the_address,
            ),
            finds=Found(
                planned={
                    "module.network.aws_eip.gate": "create",
                    "module.network.aws_route.out": "create",
                    "module.network.aws_security_group_rule.open[0]": "create",
                    "module.network.module.peer.aws_subnet.far[0]": "create",
                },
                drifted=frozenset(
                    {
                        "module.network.aws_eip.gate",
                        "module.network.aws_route.out",
                        "module.network.aws_route_table.public",
                        "module.network.aws_security_group.inner",
                        "module.network.aws_security_group_rule.open[0]",
                        "module.network.module.peer.aws_subnet.far[0]",
                    }
                ),
                outputs=frozenset({"address"}),
            ),
        ),
    ),
)
