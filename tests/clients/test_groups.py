"""Groups, the whole account in one answer, and the policy simulator, through boto3."""

import json

import pytest
from botocore.exceptions import ClientError

from keyward import ACCOUNT


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def refused(call, **parameters):
    """Returns status, code and message of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def test_groups_come_and_go(iam):
    group = iam.create_group(GroupName="Admins", Path="/eu/")["Group"]
    assert set(group) == {"Path", "GroupName", "GroupId", "Arn", "CreateDate"}
    assert group["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/eu/Admins"
    assert group["GroupId"].startswith("AGPA") and len(group["GroupId"]) == 21
    assert refused(iam.create_group, GroupName="admins") == (
        409, "EntityAlreadyExists", "Group with name admins already exists.")
    for name in ("gbob", "Galice"):
        iam.create_user(UserName=name)
        for _ in range(2):
            iam.add_user_to_group(GroupName="Admins", UserName=name)
    answer = iam.get_group(GroupName="Admins")
    assert answer["Group"] == group and answer["IsTruncated"] is False
    assert [user["UserName"] for user in answer["Users"]] == ["Galice", "gbob"]
    pages = iam.get_paginator("get_group").paginate(GroupName="Admins", PaginationConfig={"PageSize": 1})
    assert [user["UserName"] for page in pages for user in page["Users"]] == ["Galice", "gbob"]
    pages = iam.get_paginator("list_groups_for_user").paginate(UserName="gbob")
    assert [group["GroupName"] for page in pages for group in page["Groups"]] == ["Admins"]
    pages = iam.get_paginator("list_groups").paginate(PathPrefix="/eu/")
    assert [group["GroupName"] for page in pages for group in page["Groups"]] == ["Admins"]
    conflict = (409, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
    assert refused(iam.delete_group, GroupName="Admins") == conflict
    assert refused(iam.delete_user, UserName="gbob") == conflict
    iam.update_group(GroupName="Admins", NewGroupName="Operators", NewPath="/")
    renamed = iam.get_group(GroupName="Operators")["Group"]
    assert (renamed["GroupId"], renamed["Path"]) == (group["GroupId"], "/")
    assert refused(iam.get_group, GroupName="Admins") == (
        404, "NoSuchEntity", "The group with name Admins cannot be found.")
    for name in ("gbob", "Galice"):
        iam.remove_user_from_group(GroupName="Operators", UserName=name)
        iam.delete_user(UserName=name)
    iam.delete_group(GroupName="Operators")
    assert refused(iam.delete_group, GroupName="Operators")[1] == "NoSuchEntity"


def test_a_member_has_what_its_group_has(server, iam):
    iam.create_group(GroupName="listers")
    iam.create_user(UserName="member")
    key = iam.create_access_key(UserName="member")["AccessKey"]
    member = server.client("iam", key["AccessKeyId"], key["SecretAccessKey"])
    iam.put_group_policy(GroupName="listers", PolicyName="p", PolicyDocument=document(allow("iam:ListGroups")))
    assert refused(member.list_groups)[1] == "AccessDenied"
    iam.add_user_to_group(GroupName="listers", UserName="member")
    assert [group["GroupName"] for group in member.list_groups()["Groups"]] == ["listers"]
    iam.remove_user_from_group(GroupName="listers", UserName="member")
    assert refused(member.list_groups) == (
        403, "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:user/member is not authorized to perform: iam:ListGroups on resource: "
        f"arn:aws:iam::{ACCOUNT}:group/ because no identity-based policy allows the iam:ListGroups action")


def test_the_whole_account(server, iam, tmp_path):
    iam.create_group(GroupName="readers")
    iam.create_user(UserName="reader")
    iam.add_user_to_group(GroupName="readers", UserName="reader")
    policy = document(allow("s3:Get*"))
    iam.put_group_policy(GroupName="readers", PolicyName="read", PolicyDocument=policy)
    whole = iam.get_account_authorization_details()
    reader = next(user for user in whole["UserDetailList"] if user["UserName"] == "reader")
    assert (reader["GroupList"], reader["AttachedManagedPolicies"], reader["Tags"]) == (["readers"], [], [])
    assert "UserPolicyList" not in reader
    readers = next(group for group in whole["GroupDetailList"] if group["GroupName"] == "readers")
    assert readers["GroupPolicyList"] == [{"PolicyName": "read", "PolicyDocument": json.loads(policy)}]
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 1}))
    assert len(pages) == len(whole["UserDetailList"]) + len(whole["GroupDetailList"])
    only = iam.get_account_authorization_details(Filter=["Group"])
    assert only["UserDetailList"] == [] and only["GroupDetailList"] == whole["GroupDetailList"]

    export = tmp_path / "account.json"
    export.write_text(json.dumps(whole, default=str))
    for action, exit_code in (("s3:GetObject", 0), ("s3:PutObject", 3)):
        explained = server.run("explain", "--export", str(export), "--principal", reader["Arn"],
                               "--action", action, "--resource", "arn:aws:s3:::b/o")
        assert explained.returncode == exit_code, explained.stdout + explained.stderr

    summary = iam.get_account_summary()["SummaryMap"]
    assert summary["Users"] == len(whole["UserDetailList"])
    assert summary["Groups"] == len(whole["GroupDetailList"])
    assert (summary["UsersQuota"], summary["GroupsPerUserQuota"]) == (5000, 10)
    assert all(isinstance(number, int) for number in summary.values())


def test_simulations(iam):
    policy = document(allow("dynamodb:*", Condition={"DateGreaterThan": {"aws:CurrentTime": "2018-08-16T12:00:00Z"}}))
    now = {"ContextKeyName": "aws:CurrentTime", "ContextKeyValues": ["2019-04-25T11:00:00Z"], "ContextKeyType": "date"}
    answer = iam.simulate_custom_policy(
        PolicyInputList=[policy], ActionNames=["dynamodb:CreateBackup"], ContextEntries=[now])
    assert answer["IsTruncated"] is False
    assert answer["EvaluationResults"] == [{
        "EvalActionName": "dynamodb:CreateBackup",
        "EvalResourceName": "*",
        "EvalDecision": "allowed",
        "MatchedStatements": [{
            "SourcePolicyId": "PolicyInputList.1",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 1, "Column": 38},
            "EndPosition": {"Line": 1, "Column": 168},
        }],
        "MissingContextValues": [],
    }]
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/t"
    result = iam.simulate_custom_policy(
        PolicyInputList=[policy], ActionNames=["dynamodb:GetItem"], ResourceArns=[table])["EvaluationResults"][0]
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("implicitDeny", ["aws:CurrentTime"])
    assert result["EvalDecisionDetails"] == {} and len(result["ResourceSpecificResults"]) == 1
    assert result["ResourceSpecificResults"][0]["EvalResourceDecision"] == "implicitDeny"

    iam.create_user(UserName="simulated")
    iam.put_user_policy(UserName="simulated", PolicyName="own", PolicyDocument=document(allow("s3:Get*")))
    arn = f"arn:aws:iam::{ACCOUNT}:user/simulated"
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=arn, ActionNames=["s3:GetObject", "s3:PutObject"], PaginationConfig={"PageSize": 1})
    results = [result for page in pages for result in page["EvaluationResults"]]
    assert [result["EvalDecision"] for result in results] == ["allowed", "implicitDeny"]
    assert results[0]["MatchedStatements"][0]["SourcePolicyId"] == "user_simulated_own"
    excluded = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["s3:GetObject"],
        PolicyExclusionList=[{"InlinePolicyIdentifier": {
            "PolicyName": "own", "AttachmentType": "user", "AttachmentName": "simulated"}}])
    assert excluded["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"
    assert refused(iam.simulate_principal_policy, PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:root",
                   ActionNames=["s3:GetObject"]) == (
        400, "InvalidInput",
        f"Invalid Entity Arn: arn:aws:iam::{ACCOUNT}:root does not clearly define entity type and name.")
    assert refused(iam.simulate_custom_policy, PolicyInputList=[policy], ActionNames=["kms:Decrypt"],
                   ResourceArns=["my-key"]) == (
        400, "InvalidInput", "ResourceNames are not in a valid ARN format: my-key.")


def test_context_keys(iam):
    policy = document(allow("s3:*", "arn:aws:s3:::b/${aws:username}", Condition={"Bool": {"aws:SecureTransport": "true"}}))
    keys = ["aws:username", "aws:SecureTransport"]
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[policy])["ContextKeyNames"] == keys
    iam.create_user(UserName="keyed")
    iam.put_user_policy(UserName="keyed", PolicyName="own", PolicyDocument=policy)
    answer = iam.get_context_keys_for_principal_policy(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/keyed")
    assert answer["ContextKeyNames"] == keys
    assert refused(iam.get_context_keys_for_custom_policy, PolicyInputList=["{"])[1] == "InvalidInput"
