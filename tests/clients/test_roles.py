"""Roles, instance profiles, service-linked roles and role templates, through boto3."""

import json

import pytest
from botocore.exceptions import ClientError

from keyward import ACCOUNT


def trust(**principal):
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
    }


EC2 = trust(Service="ec2.amazonaws.com")


def refused(call, **parameters):
    """Returns status, code and message of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def test_roles_come_and_go(iam):
    created = iam.create_role(
        RoleName="Deploy", Path="/team/", AssumeRolePolicyDocument=json.dumps(EC2, indent=2),
        Description="for tests", MaxSessionDuration=7200, Tags=[{"Key": "Team", "Value": "x"}],
        PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess")["Role"]
    assert created["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/team/Deploy"
    assert created["AssumeRolePolicyDocument"] == EC2
    assert created["RoleId"].startswith("AROA") and "MaxSessionDuration" not in created
    assert refused(iam.create_role, RoleName="deploy", AssumeRolePolicyDocument=json.dumps(EC2)) == (
        409, "EntityAlreadyExists", "Role with name deploy already exists.")
    iam.get_waiter("role_exists").wait(RoleName="Deploy")
    got = iam.get_role(RoleName="deploy")["Role"]
    assert got == {
        **{key: created[key] for key in ("Arn", "Path", "RoleName", "RoleId", "CreateDate")},
        "AssumeRolePolicyDocument": EC2,
        "Description": "for tests",
        "MaxSessionDuration": 7200,
        "PermissionsBoundary": got["PermissionsBoundary"],
        "RoleLastUsed": {},
        "Tags": [{"Key": "Team", "Value": "x"}],
    }
    assert got["PermissionsBoundary"]["PermissionsBoundaryArn"] == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    listed = iam.list_roles(PathPrefix="/team/")["Roles"]
    assert [role["RoleName"] for role in listed] == ["Deploy"]
    assert not {"PermissionsBoundary", "RoleLastUsed", "Tags"} & set(listed[0])
    iam.delete_role(RoleName="Deploy")
    assert refused(iam.get_role, RoleName="Deploy") == (
        404, "NoSuchEntity", "The role with name Deploy cannot be found.")
    assert refused(iam.delete_role, RoleName="Deploy")[1] == "NoSuchEntity"


def test_roles_are_updated(server, iam):
    iam.create_role(RoleName="update", AssumeRolePolicyDocument=json.dumps(EC2))
    iam.update_role(RoleName="update", Description="one", MaxSessionDuration=3700)
    answer = iam.update_role_description(RoleName="update", Description="two")["Role"]
    assert (answer["RoleName"], answer["Description"]) == ("update", "two")
    role = iam.get_role(RoleName="update")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("two", 3700)
    root = trust(AWS=f"arn:aws:iam::{ACCOUNT}:root")
    iam.update_assume_role_policy(RoleName="update", PolicyDocument=json.dumps(root))
    assert iam.get_role(RoleName="update")["Role"]["AssumeRolePolicyDocument"] == root
    assert refused(iam.update_assume_role_policy, RoleName="update", PolicyDocument="{}")[:2] == (
        400, "MalformedPolicyDocument")
    unchecked = server.client("iam", config={"parameter_validation": False})
    assert refused(unchecked.update_role, RoleName="update", MaxSessionDuration=60)[:2] == (400, "ValidationError")
    iam.tag_role(RoleName="update", Tags=[{"Key": "b", "Value": "1"}, {"Key": "A", "Value": ""}])
    iam.untag_role(RoleName="update", TagKeys=["B"])
    assert iam.list_role_tags(RoleName="update")["Tags"] == [{"Key": "A", "Value": ""}]


def test_trusted_principals_are_bound(iam):
    iam.create_user(UserName="trusted")
    arn = f"arn:aws:iam::{ACCOUNT}:user/trusted"
    assert refused(iam.create_role, RoleName="bound", AssumeRolePolicyDocument=json.dumps(trust(AWS=arn + "x"))) == (
        400, "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{arn}x"')
    iam.create_role(RoleName="bound", AssumeRolePolicyDocument=json.dumps(trust(AWS=arn)))
    shown = lambda: iam.get_role(RoleName="bound")["Role"]["AssumeRolePolicyDocument"]  # noqa: E731
    assert shown() == trust(AWS=arn)
    iam.update_user(UserName="trusted", NewUserName="renamed")
    assert shown() == trust(AWS=f"arn:aws:iam::{ACCOUNT}:user/renamed")
    user_id = iam.get_user(UserName="renamed")["User"]["UserId"]
    iam.delete_user(UserName="renamed")
    iam.create_user(UserName="renamed")
    assert shown() == trust(AWS=user_id)


def test_instance_profiles(iam):
    created = iam.create_instance_profile(InstanceProfileName="web", Path="/a/")["InstanceProfile"]
    assert created["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/a/web"
    assert (created["Roles"], "Tags" in created) == ([], False)
    iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="web")
    iam.create_role(RoleName="machine", AssumeRolePolicyDocument=json.dumps(EC2))
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="machine")
    assert refused(iam.add_role_to_instance_profile, InstanceProfileName="web", RoleName="machine") == (
        409, "LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
    iam.tag_instance_profile(InstanceProfileName="web", Tags=[{"Key": "k", "Value": "v"}])
    got = iam.get_instance_profile(InstanceProfileName="web")["InstanceProfile"]
    assert [role["RoleName"] for role in got["Roles"]] == ["machine"]
    assert got["Roles"][0]["AssumeRolePolicyDocument"] == EC2
    assert got["Tags"] == iam.list_instance_profile_tags(InstanceProfileName="web")["Tags"] == [{"Key": "k", "Value": "v"}]
    iam.untag_instance_profile(InstanceProfileName="web", TagKeys=["k"])
    assert iam.get_instance_profile(InstanceProfileName="web")["InstanceProfile"]["Tags"] == []
    pages = iam.get_paginator("list_instance_profiles").paginate(PathPrefix="/a/")
    assert [p["InstanceProfileName"] for page in pages for p in page["InstanceProfiles"]] == ["web"]
    of_role = iam.list_instance_profiles_for_role(RoleName="machine")
    assert [p["InstanceProfileId"] for p in of_role["InstanceProfiles"]] == [created["InstanceProfileId"]]
    conflict = "Cannot delete entity, must remove roles from instance profile first."
    assert refused(iam.delete_instance_profile, InstanceProfileName="web") == (409, "DeleteConflict", conflict)
    assert refused(iam.delete_role, RoleName="machine") == (409, "DeleteConflict", conflict)
    iam.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="machine")
    iam.delete_instance_profile(InstanceProfileName="web")
    assert refused(iam.get_instance_profile, InstanceProfileName="web") == (
        404, "NoSuchEntity", "Instance Profile web cannot be found.")


def test_service_linked_roles(iam):
    role = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="x")["Role"]
    name = "AWSServiceRoleForAutoScaling_x"
    assert (role["RoleName"], role["Path"]) == (name, "/aws-service-role/autoscaling.amazonaws.com/")
    assert refused(iam.create_service_linked_role, AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="x") == (
        400, "InvalidInput",
        f"Service role name {name} has been taken in this account, please try a different suffix.")
    assert refused(iam.delete_role, RoleName=name)[:2] == (400, "UnmodifiableEntity")
    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/autoscaling.amazonaws.com/{name}/")
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    assert refused(iam.get_role, RoleName=name)[1] == "NoSuchEntity"


def test_role_templates_are_unknown(iam):
    arn = "arn:aws:iam::aws:role-template/ecs.amazonaws.com/Task:1"
    assert refused(iam.get_role_template_version, TemplateArn=arn)[:2] == (404, "NoSuchEntity")
    assert refused(iam.acquire_role, TemplateArn=arn)[:2] == (404, "NoSuchEntity")
