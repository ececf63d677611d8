"""The operations that are served, through boto3: answers, errors, rules."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

from keyward import ACCOUNT, ROOT_KEY, ROOT_SECRET

ALLOW_ALL = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
})


def refused(call, **parameters):
    """Returns status, code and message of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def test_root_is_its_account(server):
    answer = server.client("sts").get_caller_identity()
    assert (answer["UserId"], answer["Account"]) == (ACCOUNT, ACCOUNT)
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"] == answer["ResponseMetadata"]["RequestId"]


def test_users_come_and_go(iam):
    user = iam.create_user(UserName="Ann", Path="/team/", Tags=[{"Key": "Team", "Value": "x"}])["User"]
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/team/Ann"
    assert abs(datetime.datetime.now(datetime.timezone.utc) - user["CreateDate"]) < datetime.timedelta(minutes=5)
    assert refused(iam.create_user, UserName="ann") == (
        409, "EntityAlreadyExists", "User with name ann already exists.")
    got = iam.get_user(UserName="ann")["User"]
    assert (got["UserName"], got["UserId"], got["Tags"]) == ("Ann", user["UserId"], [{"Key": "Team", "Value": "x"}])
    iam.tag_user(UserName="Ann", Tags=[{"Key": "team", "Value": "y"}, {"Key": "b", "Value": ""}])
    assert iam.list_user_tags(UserName="Ann")["Tags"] == [{"Key": "b", "Value": ""}, {"Key": "team", "Value": "y"}]
    iam.untag_user(UserName="Ann", TagKeys=["B", "absent"])
    assert iam.list_user_tags(UserName="Ann")["Tags"] == [{"Key": "team", "Value": "y"}]
    iam.update_user(UserName="Ann", NewUserName="Anna", NewPath="/")
    assert iam.get_user(UserName="Anna")["User"]["UserId"] == user["UserId"]
    assert refused(iam.get_user, UserName="Ann") == (
        404, "NoSuchEntity", "The user with name Ann cannot be found.")
    iam.delete_user(UserName="Anna")
    assert refused(iam.delete_user, UserName="Anna")[1] == "NoSuchEntity"


def test_pages_stay_valid_while_users_change(iam):
    names = [f"page-{number:02}" for number in range(25)]
    for name in names:
        iam.create_user(UserName=name, Path="/pages/")
    first = iam.list_users(PathPrefix="/pages/", MaxItems=10)
    assert first["IsTruncated"] and [u["UserName"] for u in first["Users"]] == names[:10]
    iam.delete_user(UserName=names[9])
    iam.delete_user(UserName=names[10])
    second = iam.list_users(PathPrefix="/pages/", MaxItems=10, Marker=first["Marker"])
    assert [u["UserName"] for u in second["Users"]] == names[11:21]
    pages = iam.get_paginator("list_users").paginate(PathPrefix="/pages/", PaginationConfig={"PageSize": 3})
    assert [u["UserName"] for page in pages for u in page["Users"]] == names[:9] + names[11:]
    assert refused(iam.list_users, Marker="nonsense")[:2] == (400, "ValidationError")


def test_access_keys(server, iam):
    iam.create_user(UserName="keys")
    first = iam.create_access_key(UserName="keys")["AccessKey"]
    assert (first["Status"], len(first["AccessKeyId"]), len(first["SecretAccessKey"])) == ("Active", 20, 40)
    second = iam.create_access_key(UserName="keys")["AccessKey"]
    assert refused(iam.create_access_key, UserName="keys") == (
        409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
    listed = iam.list_access_keys(UserName="keys")["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in listed] == [first["AccessKeyId"], second["AccessKeyId"]]
    assert "SecretAccessKey" not in listed[0]
    never = iam.get_access_key_last_used(AccessKeyId=first["AccessKeyId"])
    assert never["UserName"] == "keys"
    assert (never["AccessKeyLastUsed"]["ServiceName"], never["AccessKeyLastUsed"]["Region"]) == ("N/A", "N/A")

    user = server.client("sts", first["AccessKeyId"], first["SecretAccessKey"])
    assert user.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/keys"
    used = iam.get_access_key_last_used(AccessKeyId=first["AccessKeyId"])["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("sts", "us-east-1")
    iam.update_access_key(UserName="keys", AccessKeyId=first["AccessKeyId"], Status="Inactive")
    assert refused(user.get_caller_identity) == (
        403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    iam.update_access_key(UserName="keys", AccessKeyId=first["AccessKeyId"], Status="Active")
    user.get_caller_identity()
    assert refused(iam.delete_user, UserName="keys") == (
        409, "DeleteConflict", "Cannot delete entity, must delete access keys first.")
    for key in (first, second):
        iam.delete_access_key(UserName="keys", AccessKeyId=key["AccessKeyId"])
    assert refused(user.get_caller_identity)[1] == "InvalidClientTokenId"
    assert refused(iam.delete_access_key, UserName="keys", AccessKeyId=first["AccessKeyId"]) == (
        404, "NoSuchEntity", f"The Access Key with id {first['AccessKeyId']} cannot be found.")
    iam.delete_user(UserName="keys")


def test_root_has_keys_of_its_own(server, iam):
    key = iam.create_access_key()["AccessKey"]
    assert "UserName" not in key or not key["UserName"] or key["UserName"] == "root"
    assert server.client("sts", key["AccessKeyId"], key["SecretAccessKey"]).get_caller_identity()["Arn"].endswith(":root")
    assert refused(iam.create_access_key)[1] == "LimitExceeded"
    iam.delete_access_key(AccessKeyId=key["AccessKeyId"])


def test_inline_policies_decide_and_are_kept_as_sent(server, iam):
    iam.create_user(UserName="policies")
    key = iam.create_access_key(UserName="policies")["AccessKey"]
    user = server.client("iam", key["AccessKeyId"], key["SecretAccessKey"])
    arn = f"arn:aws:iam::{ACCOUNT}:user/policies"
    assert refused(user.list_users) == (
        403, "AccessDenied",
        f"User: {arn} is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::{ACCOUNT}:user/ "
        "because no identity-based policy allows the iam:ListUsers action")
    iam.put_user_policy(UserName="policies", PolicyName="p", PolicyDocument=ALLOW_ALL)
    user.list_users()
    assert iam.get_user_policy(UserName="policies", PolicyName="p")["PolicyDocument"] == json.loads(ALLOW_ALL)
    assert iam.list_user_policies(UserName="policies")["PolicyNames"] == ["p"]
    deny = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "iam:Get*", "Resource": "*"}]})
    iam.put_user_policy(UserName="policies", PolicyName="q", PolicyDocument=deny)
    assert refused(user.get_user, UserName="nobody") == (
        403, "AccessDenied",
        f"User: {arn} is not authorized to perform: iam:GetUser on resource: user nobody "
        "with an explicit deny in an identity-based policy")
    assert refused(iam.put_user_policy, UserName="policies", PolicyName="p", PolicyDocument="{}") == (
        400, "MalformedPolicyDocument", "Syntax errors in policy.")
    large = ALLOW_ALL.replace('"Action"', '"Sid": "%s", "Action"' % ("s" * 2000))
    assert refused(iam.put_user_policy, UserName="policies", PolicyName="p", PolicyDocument=large) == (
        409, "LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user policies")
    iam.delete_user_policy(UserName="policies", PolicyName="p")
    assert refused(user.list_users)[1] == "AccessDenied"
    assert refused(iam.delete_user_policy, UserName="policies", PolicyName="p") == (
        404, "NoSuchEntity", "The user policy with name p cannot be found.")


def test_a_user_may_speak_of_itself(server, iam):
    iam.create_user(UserName="self")
    key = iam.create_access_key(UserName="self")["AccessKey"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": ["iam:GetUser", "iam:*AccessKey*"],
        "Resource": "arn:aws:iam::*:user/${aws:username}"}]})
    iam.put_user_policy(UserName="self", PolicyName="self", PolicyDocument=document)
    user = server.client("iam", key["AccessKeyId"], key["SecretAccessKey"])
    assert user.get_user()["User"]["UserName"] == "self"
    assert user.list_access_keys()["AccessKeyMetadata"][0]["AccessKeyId"] == key["AccessKeyId"]
    assert refused(user.get_user, UserName="keys")[1] == "AccessDenied"


def test_virtual_mfa_devices(iam):
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone", Path="/d/")["VirtualMFADevice"]
    serial = f"arn:aws:iam::{ACCOUNT}:mfa/d/phone"
    assert made["SerialNumber"] == serial and len(made["Base32StringSeed"]) == 64
    assert made["QRCodePNG"].startswith(b"\x89PNG")
    assert refused(iam.create_virtual_mfa_device, VirtualMFADeviceName="phone", Path="/d/") == (
        409, "EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")
    listed = iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]
    assert [device for device in listed if device["SerialNumber"] == serial] == [{"SerialNumber": serial}]
    assert iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"] == []
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=serial) == (
        404, "NoSuchEntity", f"VirtualMFADevice with serial number {serial} doesn't exist.")


def test_parameters_are_checked_as_the_model_says(server, iam):
    unchecked = server.client("iam", config={"parameter_validation": False})
    assert refused(unchecked.create_user, UserName="a b") == (
        400, "ValidationError",
        "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: "
        "+=,.@_-")
    assert refused(unchecked.create_user) == (
        400, "ValidationError",
        "1 validation error detected: Value null at 'userName' failed to satisfy constraint: Member must not be null")
    assert refused(unchecked.list_users, MaxItems=0)[1] == "ValidationError"


def test_wrong_secret_and_unknown_key(server):
    assert refused(server.client("sts", secret="wrong").get_caller_identity)[:2] == (403, "SignatureDoesNotMatch")
    unknown = server.client("sts", key="AKIAUNKNOWN000000000").get_caller_identity
    assert refused(unknown) == (
        403, "InvalidClientTokenId", "The security token included in the request is invalid.")


def test_presigned_identity(server):
    import urllib.request
    url = server.client("sts").generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    with urllib.request.urlopen(request) as answer:
        result = json.load(answer)["GetCallerIdentityResponse"]
    assert result["GetCallerIdentityResult"] == {
        "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root", "UserId": ACCOUNT}
    assert result["ResponseMetadata"]["RequestId"]


def test_every_request_leaves_an_audit_event(fresh):
    with fresh as server:
        iam = server.client("iam")
        iam.create_user(UserName="audited")
        secret = iam.create_access_key(UserName="audited")["AccessKey"]["SecretAccessKey"]
        refused(iam.get_user, UserName="absent")
        refused(server.client("sts", secret="wrong").get_caller_identity)
    events = fresh.audit_events()
    names = [(event["eventName"], event.get("errorCode")) for event in events]
    assert names == [("CreateUser", None), ("CreateAccessKey", None), ("GetUser", "NoSuchEntity"),
                     ("GetCallerIdentity", "SignatureDoesNotMatch")]
    created = events[0]
    assert created["userIdentity"] == {
        "type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT, "accessKeyId": ROOT_KEY}
    assert created["requestParameters"] == {"userName": "audited"}
    assert (created["eventSource"], created["readOnly"]) == ("iam.amazonaws.com", False)
    whole = "".join(json.dumps(event) for event in events)
    assert ROOT_SECRET not in whole and secret not in whole
    assert events[1]["responseElements"]["accessKey"]["secretAccessKey"] == "HIDDEN_DUE_TO_SECURITY_REASONS"


def test_two_accounts_are_apart(fresh):
    with fresh as server:
        made = server.run("admin", "--data-dir", str(server.data_dir), "account", "create",
                          "--email", "two@example.test", "--name", "two", "--json")
        assert made.returncode == 0, made.stderr
        other = json.loads(made.stdout)
        assert set(other) == {"accountId", "rootAccessKeyId", "rootSecretAccessKey", "rootPassword"}
        listed = server.run("admin", "--data-dir", str(server.data_dir), "account", "list", "--json")
        assert sorted(account["accountId"] for account in json.loads(listed.stdout)) == sorted([ACCOUNT, other["accountId"]])
        ours = server.client("iam")
        theirs = server.client("iam", other["rootAccessKeyId"], other["rootSecretAccessKey"])
        ours.create_user(UserName="same")
        theirs.create_user(UserName="same")
        assert len(theirs.list_users()["Users"]) == 1
        assert theirs.get_user(UserName="same")["User"]["Arn"] == f"arn:aws:iam::{other['accountId']}:user/same"
        status = server.run("admin", "--data-dir", str(server.data_dir), "status")
        assert status.returncode == 0 and "accounts" in status.stdout
    acts = [(act["eventName"], act["recipientAccountId"]) for act in fresh.audit_events("KeywardOperatorAct")]
    assert acts == [("CreateAccount", ACCOUNT), ("CreateAccount", other["accountId"])]
