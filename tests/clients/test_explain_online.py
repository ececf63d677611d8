"""Commands that explain, asked of a running server."""

import json

import pytest

from keyward import ACCOUNT, ROOT_KEY, ROOT_SECRET, Keyward

NO_MFA = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "NoMfa", "Effect": "Deny", "NotAction": ["iam:CreateVirtualMFADevice", "iam:ListUsers"], "Resource": "*",
         "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}},
    ],
}
READ = {"Version": "2012-10-17", "Statement": [{"Sid": "Look", "Effect": "Allow", "Action": ["iam:Get*", "iam:ListUsers"],
                                              "Resource": "*"}]}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Keyward(tmp_path_factory.mktemp("explain") / "data", "--authorization-details", "https://keyward.example") as running:
        yield running


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def make_user(iam, name, policy):
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def ask(server, command, *arguments, key=(ROOT_KEY, ROOT_SECRET), endpoint=True):
    where = ["--endpoint", server.url] if endpoint else []
    return server.run(command, *where, *arguments, AWS_ACCESS_KEY_ID=key[0], AWS_SECRET_ACCESS_KEY=key[1],
                      COLUMNS="100")


def user_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


@pytest.fixture(scope="module")
def alice(iam):
    return make_user(iam, "alice", READ)


def test_who_can_and_can(server, alice):
    asked = ask(server, "who-can", "--action", "iam:ListUsers", "--resource", f"arn:aws:iam::{ACCOUNT}:user/*", "--json")
    assert asked.returncode == 0, asked.stderr
    assert user_arn("alice") in asked.stdout
    asked = ask(server, "can", "--principal", user_arn("alice"), "--json")
    assert asked.returncode == 0 and "iam:ListUsers" in asked.stdout
    both = ask(server, "can", "--principal", user_arn("alice"), "--export", "x.json")
    assert both.returncode == 2 and "cannot be used with" in both.stderr
    # Who may not see the account is told what is missing.
    nobody = ask(server, "who-can", "--action", "iam:ListUsers", "--resource", "*", key=("AKIANOBODY0000000001", "x"))
    assert nobody.returncode == 2 and "InvalidClientTokenId" in nobody.stderr
    limited = server.client("iam").create_access_key(UserName=_bare(server))["AccessKey"]
    limited = ask(server, "who-can", "--action", "iam:ListUsers", "--resource", "*",
                  key=(limited["AccessKeyId"], limited["SecretAccessKey"]))
    assert limited.returncode == 2
    assert "you may not iam:GetAccountAuthorizationDetails" in limited.stderr


def test_a_server_without_organizations_lacks_nothing_of_them(server, alice):
    explained = ask(server, "explain", "--principal", user_arn("alice"), "--action", "iam:CreateUser",
                    "--resource", user_arn("x"))
    assert explained.returncode == 3, explained.stderr
    assert "not part of the input" not in explained.stdout
    layers = [" ".join(line.split()) for line in explained.stdout.splitlines()]
    assert "├─ · service control policies none" in layers and "├─ · VPC endpoint policy none" in layers
    who = ask(server, "who-can", "--action", "iam:ListUsers", "--resource", "*")
    can = ask(server, "can", "--principal", user_arn("alice"))
    for asked in (who, can):
        assert "not part of the input" not in asked.stdout.lower() and not asked.returncode, asked.stdout


def _bare(server):
    server.client("iam").create_user(UserName="bare")
    return "bare"


def test_doctor_asks_for_all_that_its_rules_need(server, iam, alice):
    iam.create_virtual_mfa_device(VirtualMFADeviceName="diego")
    iam.create_login_profile(UserName="alice", Password="correct-Horse-1")
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", "Principal": {
            "Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/Gone"}}]}
    iam.create_role(RoleName="Sso", AssumeRolePolicyDocument=json.dumps(trust))
    asked = ask(server, "doctor", "--json")
    assert asked.returncode == 3, asked.stderr
    found = json.loads(asked.stdout)
    rules = {(it["rule"], it["subject"]) for it in found["findings"]}
    assert ("mfa-device-orphaned", f"MFA device arn:aws:iam::{ACCOUNT}:mfa/diego") in rules
    assert ("user-without-mfa", "user alice") in rules
    assert ("principal-deleted", "the trust policy of role Sso") in rules
    assert ("role-unassumable", "the trust policy of role Sso") in rules
    assert found["notes"] == []
    text = ask(server, "doctor")
    assert text.returncode == 3 and "Not looked at" not in text.stdout
    # What the caller may not see is told, and the rest is looked at.
    text = " ".join(ask(server, "doctor", key=alice).stdout.split())
    assert "You may not iam:ListVirtualMFADevices." in text
    assert "You may not iam:GenerateCredentialReport." in text
    report = ask(server, "doctor", "--credential-report", "report.csv")
    assert report.returncode == 2 and "cannot be used with" in report.stderr


def test_a_lost_key_is_named(server, iam, alice):
    asked = ask(server, "explain", "--lost-access-key", "--principal", user_arn("alice"))
    assert asked.returncode == 0, asked.stderr
    assert f"{alice[0]}: active, 0 days old" in asked.stdout
    assert f"--access-key-id {alice[0]}" in asked.stdout and "OLD" not in asked.stdout


def test_an_orphaned_device_is_recognised(server, iam):
    key = make_user(iam, "eve", NO_MFA)
    iam.create_virtual_mfa_device(VirtualMFADeviceName="eve")
    device = f"arn:aws:iam::{ACCOUNT}:mfa/eve"
    with pytest.raises(iam.exceptions.ClientError) as caught:
        server.client("iam", *key).delete_virtual_mfa_device(SerialNumber=device)
    message = str(caught.value)
    for arguments in (["--message", message],
                      ["--principal", user_arn("eve"), "--action", "iam:DeleteVirtualMFADevice", "--resource", device]):
        asked = ask(server, "explain", *arguments)
        assert asked.returncode == 3, asked.stderr
        assert f"{device} is assigned to nobody" in " ".join(asked.stdout.split())
        assert "The policy is right and must not be edited" in asked.stdout
        assert "aws iam list-virtual-mfa-devices --assignment-status Unassigned" in asked.stdout
        assert f"aws iam delete-virtual-mfa-device --serial-number {device}" in asked.stdout
    iam.delete_virtual_mfa_device(SerialNumber=device)
    asked = ask(server, "explain", "--message", message)
    assert "no such MFA device any more" in asked.stdout


def refused(call, **parameters):
    with pytest.raises(Exception) as caught:
        call(**parameters)
    return caught.value.response


FOUND = {"Version": "2012-10-17", "Statement": [
    {"Sid": "Office", "Effect": "Allow", "Action": "iam:*", "Resource": "*",
     "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}]}


def test_a_refusal_is_explained_from_what_the_server_kept(server, iam):
    key = make_user(iam, "fay", FOUND)
    answer = refused(server.client("iam", *key).delete_user, UserName="bob")
    message = f"An error occurred (AccessDenied) when calling the DeleteUser operation: {answer['Error']['Message']}"
    asked = ask(server, "explain", "--message", message)
    text = " ".join(asked.stdout.split())
    assert asked.returncode == 3, asked.stderr
    # The value seen is the real one, which no message has.
    assert "seen 127.0.0.1" in text and "wants 203.0.113.0/24" in text
    assert "server's own record" in text
    identifier = message.rsplit(" ", 1)[1]
    alone = ask(server, "explain", "--authorization-id", identifier)
    assert alone.returncode == 3 and "seen 127.0.0.1" in " ".join(alone.stdout.split())
    # The policies are those of now.
    iam.put_user_policy(UserName="fay", PolicyName="own", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}))
    later = ask(server, "explain", "--authorization-id", identifier, "--json")
    assert later.returncode == 0
    assert "Then it was denied for want of an Allow; with the policies of now it is allowed." in later.stdout
    iam.put_user_policy(UserName="fay", PolicyName="own", PolicyDocument=json.dumps(FOUND))


def test_an_encoded_message_is_decoded(server, iam):
    key = make_user(iam, "gus", FOUND)
    answer = refused(server.client("iam", *key).list_users)
    encoded = answer["ResponseMetadata"]["HTTPHeaders"]["x-keyward-authorization-message"]
    asked = ask(server, "explain", "--encoded-message", encoded)
    assert asked.returncode == 3, asked.stderr
    assert "seen 127.0.0.1" in " ".join(asked.stdout.split())
    ec2 = f"An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized to perform this operation. Encoded authorization failure message: {encoded}"
    asked = ask(server, "explain", "--message", ec2)
    assert asked.returncode == 3 and "iam:ListUsers" in asked.stdout, asked.stderr
    damaged = ask(server, "explain", "--encoded-message", encoded[:-4])
    assert damaged.returncode == 2 and "cut off" in damaged.stderr


def test_who_may_not_see_the_details_is_told(server, iam):
    key = make_user(iam, "hal", {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iam:GetAccountAuthorizationDetails", "Resource": "*"}]})
    message = refused(server.client("iam", *key).list_users)["Error"]["Message"]
    asked = ask(server, "explain", "--message", message, key=key)
    text = " ".join(asked.stdout.split())
    assert asked.returncode == 3, asked.stderr
    assert "with iam:GetRequestAuthorizationDetails, which you may not" in text
    identifier = message.rsplit(" ", 1)[1]
    alone = ask(server, "explain", "--authorization-id", identifier, key=key)
    assert alone.returncode == 2 and "iam:GetRequestAuthorizationDetails" in alone.stderr
    missing = ask(server, "explain", "--authorization-id", "0" * 25)
    assert missing.returncode == 2 and "are not there" in missing.stderr
    wrong = ask(server, "explain", "--authorization-id", "../x")
    assert wrong.returncode == 2 and "is not one" in wrong.stderr
    offline = ask(server, "explain", "--authorization-id", identifier, endpoint=False)
    assert offline.returncode == 2 and "--endpoint" in offline.stderr
    # Who sees the details and not the account is told what the record holds.
    key = make_user(iam, "ian", {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iam:GetRequestAuthorizationDetails", "Resource": "*"}]})
    asked = ask(server, "explain", "--authorization-id", identifier, key=key)
    text = " ".join(asked.stdout.split())
    assert asked.returncode == 3 and "iam:ListUsers was denied for want of an Allow" in text, asked.stderr
    assert "aws:SourceIp 127.0.0.1" in text and "With iam:GetAccountAuthorizationDetails" in text
