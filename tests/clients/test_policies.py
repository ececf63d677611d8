"""Managed policies and permissions boundaries, through boto3."""

import json

import pytest
from botocore.exceptions import ClientError

from keyward import ACCOUNT

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def document(action, effect="Allow"):
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]}


def refused(call, **parameters):
    """Returns status, code and message of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def make(iam, name, action="s3:*", **more):
    return iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document(action)), **more)["Policy"]


def test_a_policy_from_its_making_to_its_end(iam):
    made = make(iam, "Work", Path="/team/", Description="d", Tags=[{"Key": "Team", "Value": "x"}])
    arn = f"arn:aws:iam::{ACCOUNT}:policy/team/Work"
    assert set(made) == {
        "PolicyName", "PolicyId", "Arn", "Path", "DefaultVersionId", "AttachmentCount",
        "PermissionsBoundaryUsageCount", "IsAttachable", "CreateDate", "UpdateDate", "Tags"}
    assert (made["Arn"], made["DefaultVersionId"], made["AttachmentCount"]) == (arn, "v1", 0)
    got = iam.get_policy(PolicyArn=arn)["Policy"]
    assert got == {**made, "Description": "d"}
    iam.get_waiter("policy_exists").wait(PolicyArn=arn, WaiterConfig={"MaxAttempts": 1})
    assert refused(iam.create_policy, PolicyName="WORK", PolicyDocument=json.dumps(document("s3:*"))) == (
        409, "EntityAlreadyExists", "A policy called WORK already exists. Duplicate names are not allowed.")
    assert refused(iam.create_policy, PolicyName="Bad", PolicyDocument="{}") == (
        400, "MalformedPolicyDocument", "Syntax errors in policy.")

    second = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document("s3:Get*")))["PolicyVersion"]
    assert (second["VersionId"], second["IsDefaultVersion"], "Document" in second) == ("v2", False, False)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    assert (version["Document"], version["IsDefaultVersion"]) == (document("s3:Get*"), True)
    pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn, PaginationConfig={"PageSize": 1})
    assert [v["VersionId"] for page in pages for v in page["Versions"]] == ["v2", "v1"]
    assert refused(iam.delete_policy, PolicyArn=arn) == (
        409, "DeleteConflict",
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
        "The default version is deleted with the policy.")
    assert refused(iam.delete_policy_version, PolicyArn=arn, VersionId="v2") == (
        409, "DeleteConflict", "Cannot delete the default version of a policy.")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    assert refused(iam.get_policy_version, PolicyArn=arn, VersionId="v1") == (
        404, "NoSuchEntity", f"Policy {arn} version v1 does not exist or is not attachable.")
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "team", "Value": "y"}, {"Key": "b", "Value": ""}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["B", "b"])
    # Of a policy, unlike of a user, keys that differ in case are two.
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [
        {"Key": "Team", "Value": "x"}, {"Key": "team", "Value": "y"}]
    iam.delete_policy(PolicyArn=arn)
    assert refused(iam.get_policy, PolicyArn=arn) == (404, "NoSuchEntity", f"Policy {arn} was not found.")


def test_attached_policies_and_boundaries(server, iam):
    limit = make(iam, "Limit", "iam:Get*")["Arn"]
    user = iam.create_user(UserName="pat", PermissionsBoundary=limit)["User"]
    assert user["PermissionsBoundary"] == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": limit}
    iam.attach_user_policy(UserName="pat", PolicyArn=READ_ONLY)
    assert iam.list_attached_user_policies(UserName="pat")["AttachedPolicies"] == [
        {"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}]
    key = iam.create_access_key(UserName="pat")["AccessKey"]
    pat = server.client("iam", key["AccessKeyId"], key["SecretAccessKey"])
    assert pat.get_user()["User"]["UserName"] == "pat"
    assert refused(pat.list_users) == (
        403, "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:user/pat is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{ACCOUNT}:user/ because no permissions boundary allows the iam:ListUsers action")
    iam.delete_user_permissions_boundary(UserName="pat")
    assert pat.list_users()["Users"]
    iam.put_user_permissions_boundary(UserName="pat", PermissionsBoundary=READ_ONLY)
    entities = iam.list_entities_for_policy(PolicyArn=READ_ONLY)
    assert [user["UserName"] for user in entities["PolicyUsers"]] == ["pat"]
    assert (entities["PolicyGroups"], entities["PolicyRoles"], entities["IsTruncated"]) == ([], [], False)
    policy = iam.get_policy(PolicyArn=READ_ONLY)["Policy"]
    assert (policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"], policy["Tags"]) == (1, 1, [])
    iam.detach_user_policy(UserName="pat", PolicyArn=READ_ONLY)
    assert refused(iam.detach_user_policy, UserName="pat", PolicyArn=READ_ONLY) == (
        404, "NoSuchEntity", f"Policy {READ_ONLY} was not found.")
    absent = f"arn:aws:iam::{ACCOUNT}:policy/absent"
    assert refused(iam.attach_user_policy, UserName="pat", PolicyArn=absent) == (
        404, "NoSuchEntity", f"Policy {absent} does not exist or is not attachable.")
    iam.delete_policy(PolicyArn=limit)


def test_lists_of_policies(iam):
    names = [f"list-{number:02}" for number in range(12)]
    for name in names:
        make(iam, name, Path="/lists/")
    local = iam.get_paginator("list_policies").paginate(
        Scope="Local", PathPrefix="/lists/", PaginationConfig={"PageSize": 5})
    listed = [policy for page in local for policy in page["Policies"]]
    assert [policy["PolicyName"] for policy in listed] == names
    assert "Description" not in listed[0] and "Tags" not in listed[0]
    everything = [p for page in iam.get_paginator("list_policies").paginate() for p in page["Policies"]]
    arns = [policy["Arn"] for policy in everything]
    assert len(arns) == len(set(arns)) and READ_ONLY in arns and listed[0]["Arn"] in arns
    aws = [p for page in iam.get_paginator("list_policies").paginate(Scope="AWS") for p in page["Policies"]]
    assert len(aws) > 1000 and all(policy["Arn"].startswith("arn:aws:iam::aws:policy/") for policy in aws)
    assert refused(iam.list_policies, Marker="nonsense") == (400, "ValidationError", "Invalid Marker.")


def test_policies_of_aws_stay_as_they_are(iam):
    answer = refused(iam.delete_policy, PolicyArn=READ_ONLY)
    assert answer == (
        403, "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: iam:DeletePolicy on resource: policy "
        f"{READ_ONLY} because no resource-based policy allows the iam:DeletePolicy action")
    assert refused(iam.get_policy, PolicyArn="no-arn-but-long-enough") == (
        400, "ValidationError", "Invalid ARN:  Could not be parsed!")


def test_policies_that_open_a_service(iam):
    iam.create_user(UserName="opener")
    iam.attach_user_policy(UserName="opener", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    answer = iam.list_policies_granting_service_access(
        Arn=f"arn:aws:iam::{ACCOUNT}:user/opener", ServiceNamespaces=["s3", "sqs"])
    assert answer["PoliciesGrantingServiceAccess"] == [
        {"ServiceNamespace": "s3", "Policies": [{
            "PolicyName": "AmazonS3ReadOnlyAccess", "PolicyType": "MANAGED",
            "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]},
        {"ServiceNamespace": "sqs", "Policies": []},
    ]
    assert answer["IsTruncated"] is False
