"""What groups, roles and users have in common: inline policies, attached policies, boundaries."""

import json

import pytest
from keyward import ACCOUNT

DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}]}
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture(scope="module")
def iam(server):
    iam = server.client("iam")
    iam.create_user(UserName="same")
    iam.create_group(GroupName="same")
    iam.create_role(RoleName="same", AssumeRolePolicyDocument=json.dumps(TRUST))
    return iam


@pytest.mark.parametrize("kind", ["group", "role", "user"])
def test_inline_policies(iam, kind):
    name = {f"{kind.title()}Name": "same"}
    method = lambda verb, noun="policy": getattr(iam, f"{verb}_{kind}_{noun}")  # noqa: E731
    method("put")(**name, PolicyName="one", PolicyDocument=json.dumps(DOCUMENT))
    method("put")(**name, PolicyName="two", PolicyDocument=json.dumps(DOCUMENT))
    answer = method("get")(**name, PolicyName="one")
    assert (answer["PolicyName"], answer["PolicyDocument"]) == ("one", DOCUMENT)
    pages = iam.get_paginator(f"list_{kind}_policies").paginate(**name, PaginationConfig={"PageSize": 1})
    assert [found for page in pages for found in page["PolicyNames"]] == ["one", "two"]
    for policy in ("one", "two"):
        method("delete")(**name, PolicyName=policy)
    assert getattr(iam, f"list_{kind}_policies")(**name)["PolicyNames"] == []


@pytest.mark.parametrize("kind", ["group", "role", "user"])
def test_attached_policies(iam, kind):
    name = {f"{kind.title()}Name": "same"}
    own = iam.create_policy(PolicyName=f"for-{kind}", PolicyDocument=json.dumps(DOCUMENT))["Policy"]["Arn"]
    for arn in (own, READ_ONLY):
        getattr(iam, f"attach_{kind}_policy")(**name, PolicyArn=arn)
    listed = getattr(iam, f"list_attached_{kind}_policies")(**name)["AttachedPolicies"]
    assert {policy["PolicyArn"] for policy in listed} == {own, READ_ONLY}
    entities = iam.list_entities_for_policy(PolicyArn=own)
    assert [found[f"{kind.title()}Name"] for found in entities[f"Policy{kind.title()}s"]] == ["same"]
    assert iam.get_policy(PolicyArn=own)["Policy"]["AttachmentCount"] == 1
    for arn in (own, READ_ONLY):
        getattr(iam, f"detach_{kind}_policy")(**name, PolicyArn=arn)
    iam.delete_policy(PolicyArn=own)


@pytest.mark.parametrize("kind", ["role", "user"])
def test_boundaries(iam, kind):
    name = {f"{kind.title()}Name": "same"}
    getattr(iam, f"put_{kind}_permissions_boundary")(**name, PermissionsBoundary=READ_ONLY)
    shown = getattr(iam, f"get_{kind}")(**name)[kind.title()]["PermissionsBoundary"]
    assert shown["PermissionsBoundaryArn"] == READ_ONLY
    getattr(iam, f"delete_{kind}_permissions_boundary")(**name)
    assert "PermissionsBoundary" not in getattr(iam, f"get_{kind}")(**name)[kind.title()]


def test_tags_of_roles(iam):
    iam.tag_role(RoleName="same", Tags=[{"Key": "Team", "Value": "x"}, {"Key": "Cost", "Value": ""}])
    iam.untag_role(RoleName="same", TagKeys=["team"])
    assert iam.list_role_tags(RoleName="same")["Tags"] == [{"Key": "Cost", "Value": ""}]
    assert iam.get_role(RoleName="same")["Role"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/same"
