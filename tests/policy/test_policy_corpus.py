"""Kinds of policies that teams publish, in both syntaxes of Rego: each passes one plan and objects to another."""

import json
from pathlib import Path
from typing import Any

import pytest
from apart import evaluated
from plans import Plan, module, plan, provider, resource

from runner.model.policy.answer import Answer, read_answer
from runner.model.policy.question import judging_rules
from runner.model.policy.rego.module import Module

CORPUS = Path(__file__).parent / "corpus"
TAGS = {"owner": "shop", "cost-centre": "CC-1234", "env": "prod"}


def statement(action: Any) -> Plan:
    return {"policy": json.dumps({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})}


def db(**after: Any) -> Plan:
    return plan(resource("aws_db_instance", after))


def instance(**after: Any) -> Plan:
    return plan(resource("aws_instance", after))


GROUP, RULE = "aws_security_group", "aws_vpc_security_group_ingress_rule"
BLOCK = {
    "block_public_acls": True,
    "block_public_policy": True,
    "ignore_public_acls": True,
    "restrict_public_buckets": True,
}
DESTROYED = resource("aws_instance", actions=("delete",))
# By policy: a plan that passes, one that does not, and part of what is said about it.
CASES: dict[str, tuple[Plan, Plan, str]] = {
    "s3_public_acl": (
        plan(resource("aws_s3_bucket_acl", {"acl": "private"})),
        plan(resource("aws_s3_bucket_acl", {"acl": "public-read"})),
        "aws_s3_bucket_acl.this is readable by anybody",
    ),
    "s3_public_access_block": (
        plan(resource("aws_s3_bucket_public_access_block", BLOCK)),
        plan(resource("aws_s3_bucket_public_access_block", {**BLOCK, "block_public_policy": False})),
        "leaves block_public_policy off",
    ),
    "ingress_ssh_rdp": (
        plan(
            resource(GROUP, {"ingress": [{"from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}]})
        ),
        plan(resource(GROUP, {"ingress": [{"from_port": 0, "to_port": 1024, "cidr_blocks": ["0.0.0.0/0"]}]})),
        "opens port 22 to 0.0.0.0/0",
    ),
    "ingress_rule_world": (
        plan(resource(RULE, {"cidr_ipv4": "0.0.0.0/0", "from_port": 443, "to_port": 443})),
        plan(resource(RULE, {"cidr_ipv4": "0.0.0.0/0", "from_port": 22, "to_port": 22})),
        "lets the world in on port 22",
    ),
    "ebs_encrypted": (
        plan(resource("aws_ebs_volume", {"encrypted": True})),
        plan(resource("aws_ebs_volume", {"size": 8})),
        "aws_ebs_volume.this is not encrypted",
    ),
    "root_disk_encrypted": (
        instance(root_block_device=[{"encrypted": True}]),
        instance(root_block_device=[{"volume_size": 8}]),
        "root disk of aws_instance.this",
    ),
    "required_tags": (
        plan(resource("aws_instance", {"tags": TAGS})),
        plan(resource("aws_instance", {"tags": {"owner": "shop"}})),
        "lacks the tags cost-centre, env",
    ),
    "cost_centre_format": (
        plan(resource("aws_instance", {"tags": TAGS})),
        plan(resource("aws_instance", {"tags": {**TAGS, "cost-centre": "shop"}})),
        "has cost centre shop",
    ),
    "allowed_regions": (
        plan(configuration=provider(expressions={"region": {"constant_value": "eu-west-1"}})),
        plan(configuration=provider(expressions={"region": {"constant_value": "us-east-1"}})),
        "works in us-east-1",
    ),
    "allowed_instance_types": (
        instance(instance_type="t3.small"),
        instance(instance_type="p5.48xlarge"),
        "has instance type p5.48xlarge",
    ),
    "iam_no_wildcard": (
        plan(resource("aws_iam_policy", statement(["s3:GetObject"]))),
        plan(resource("aws_iam_policy", statement("*"))),
        "allows every action",
    ),
    "iam_no_user_keys": (
        plan(resource("aws_iam_access_key", actions=("delete",))),
        plan(resource("aws_iam_access_key", {"user": "ci"})),
        "makes a key that does not expire",
    ),
    "rds_private": (db(publicly_accessible=False), db(publicly_accessible=True), "from the internet"),
    "rds_encrypted": (db(storage_encrypted=True), db(engine="postgres"), "is not encrypted"),
    "rds_backups": (db(backup_retention_period=14), db(backup_retention_period=1), "less than a week"),
    "deletion_protection": (
        db(deletion_protection=True),
        db(deletion_protection=False),
        "has no deletion_protection",
    ),
    "kms_rotation": (
        plan(resource("aws_kms_key", {"key_usage": "ENCRYPT_DECRYPT", "enable_key_rotation": True})),
        plan(resource("aws_kms_key", {"key_usage": "ENCRYPT_DECRYPT", "enable_key_rotation": False})),
        "is never rotated",
    ),
    "no_local_exec": (
        plan(configuration={"root_module": {"resources": [{"address": "a.b"}]}}),
        plan(configuration={"root_module": {"resources": [{"provisioners": [{"type": "local-exec"}]}]}}),
        "a local-exec provisioner",
    ),
    "prevent_destroy_stateful": (
        plan(DESTROYED),
        plan(resource("aws_s3_bucket", actions=("delete", "create"))),
        "holds data and would be destroyed",
    ),
    "blast_radius": (plan(DESTROYED), plan(*[DESTROYED] * 4), "the blast radius is 40"),
    "module_source_pinned": (
        plan(configuration=module(source="git::https://git.example.com/net.git?ref=v1.2.0")),
        plan(configuration=module(source="git::https://git.example.com/net.git?ref=main")),
        "module net is not pinned",
    ),
    "module_registry_version": (
        plan(configuration=module(source="acme/net/aws", version_constraint="~> 2.0")),
        plan(configuration=module(source="acme/net/aws")),
        "module net has no version",
    ),
    "provider_pinned": (
        plan(configuration=provider(version_constraint="~> 5.0")),
        plan(configuration=provider()),
        "provider aws has no version",
    ),
    "provider_allowed": (
        plan(configuration=provider(full_name="registry.terraform.io/hashicorp/aws")),
        plan(configuration=provider(full_name="registry.terraform.io/unknown/aws")),
        "not from a known publisher",
    ),
    "lb_https": (
        plan(resource("aws_lb_listener", {"protocol": "HTTP", "default_action": [{"type": "redirect"}]})),
        plan(resource("aws_lb_listener", {"protocol": "HTTP", "default_action": [{"type": "forward"}]})),
        "serves plain HTTP",
    ),
    "tls_version": (
        plan(
            resource(
                "aws_cloudfront_distribution",
                {"viewer_certificate": [{"minimum_protocol_version": "TLSv1.2_2021"}]},
            )
        ),
        plan(
            resource(
                "aws_cloudfront_distribution", {"viewer_certificate": [{"minimum_protocol_version": "TLSv1"}]}
            )
        ),
        "accepts TLSv1",
    ),
    "log_retention": (
        plan(resource("aws_cloudwatch_log_group", {"retention_in_days": 30})),
        plan(resource("aws_cloudwatch_log_group", {"retention_in_days": 0})),
        "keeps its logs for ever",
    ),
    "imds_v2": (
        instance(metadata_options=[{"http_tokens": "required"}]),
        instance(metadata_options=[]),
        "without a token",
    ),
    "no_default_vpc": (
        plan(resource("aws_vpc", {})),
        plan(resource("aws_default_vpc", {})),
        "uses the default VPC",
    ),
    "naming": (
        plan(resource("aws_vpc", name="main")),
        plan(resource("aws_vpc", name="Main-VPC")),
        "lower case",
    ),
    "protected_outputs": (
        plan(outputs={"db_password": {"after_sensitive": True}}),
        plan(outputs={"db_password": {"after_sensitive": False}}),
        "output db_password",
    ),
    "approvals_for_prod": (
        plan(DESTROYED, stack={"labels": {"env": "dev"}}),
        plan(DESTROYED, stack={"labels": {"env": "prod"}}),
        "",
    ),
    "heals_only_tags": (
        plan(resource("aws_vpc", {"tags": {"a": "b"}, "x": 1}, before={"x": 1}), drift={"report": "dr-1"}),
        plan(resource("aws_vpc", {"tags": {}, "x": 2}, before={"x": 1}), drift={"report": "dr-1"}),
        "dr-1 heals x of aws_vpc.this",
    ),
    "exception_for_legacy": (
        plan(resource("aws_launch_configuration"), stack={"labels": {"legacy": "true"}}),
        plan(resource("aws_launch_configuration")),
        "use a launch template",
    ),
    "gcp_bucket_public": (
        plan(resource("google_storage_bucket_iam_member", {"member": "user:a@example.com", "role": "r"})),
        plan(resource("google_storage_bucket_iam_member", {"member": "allUsers", "role": "r"})),
        "gives r to everybody",
    ),
    "azure_storage_https": (
        plan(resource("azurerm_storage_account", {"https_traffic_only_enabled": True})),
        plan(resource("azurerm_storage_account", {"https_traffic_only_enabled": False})),
        "accepts plain HTTP",
    ),
}


def judged(policy: str, document: Plan) -> Answer:
    source = (CORPUS / f"{policy}.rego").read_text()
    modules = [Module("a.rego", source)]
    question = {"modules": [["a.rego", source]], "rules": judging_rules(modules), "separately": False}
    return read_answer(evaluated(question, document))


def test_every_policy_of_the_corpus_has_its_plans() -> None:
    assert {file.stem for file in CORPUS.glob("*.rego")} == CASES.keys()
    assert len(CASES) >= 30


@pytest.mark.parametrize("policy", CASES)
def test_it_passes_the_plan_that_keeps_to_it(policy: str) -> None:
    assert judged(policy, CASES[policy][0]) == Answer()


@pytest.mark.parametrize("policy", CASES)
def test_it_objects_to_the_plan_that_does_not(policy: str) -> None:
    answer = judged(policy, CASES[policy][1])
    told = (*answer.denials, *answer.warnings)
    assert answer != Answer()
    assert told == () if not CASES[policy][2] else CASES[policy][2] in "; ".join(told)


def test_a_policy_can_ask_for_approvals() -> None:
    assert judged("approvals_for_prod", CASES["approvals_for_prod"][1]).approvals == 2
