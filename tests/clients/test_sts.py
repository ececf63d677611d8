"""STS through boto3: every operation that hands out or explains credentials, and what ends a session."""

import base64
import datetime
import json
import threading
import time

import pytest
from botocore.exceptions import ClientError

from keyward import ACCOUNT, ROOT_KEY, Keyward
from test_account import code, refused


def role_arn(name, account=ACCOUNT):
    return f"arn:aws:iam::{account}:role/{name}"


def session_arn(role, name):
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions, **more):
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def trust(principal, *actions, **condition):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal},
                 "Action": [f"sts:{action}" for action in actions or ["AssumeRole"]]}
    return policy({**statement, **({"Condition": condition} if condition else {})})


def as_session(server, service, credentials):
    return server.client(
        service, credentials["AccessKeyId"], credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"])


def who(server, credentials):
    return as_session(server, "sts", credentials).get_caller_identity()["Arn"]


def wait_until(true):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class World:
    def __init__(self, server):
        self.server = server
        self.iam = server.client("iam")
        self.root = server.client("sts")
        self.ann = self.user("ann", allow("sts:*"))

    def user(self, name, *statements):
        self.iam.create_user(UserName=name, Tags=[{"Key": "Home", "Value": "user"}])
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return self.server.client("sts", key["AccessKeyId"], key["SecretAccessKey"])

    def role(self, name, document, *statements, **more):
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, **more)
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))

    def assume(self, client, role, **more):
        return client.assume_role(RoleArn=role_arn(role), RoleSessionName="work", **more)


ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"


@pytest.fixture(scope="module")
def world(server):
    return World(server)


def test_a_role_with_tags_policies_and_an_external_id(world):
    actions = ["AssumeRole", "TagSession", "SetSourceIdentity"]
    world.role("Full", trust(ANN, *actions, StringEquals={"sts:ExternalId": "x-1"}), allow("iam:Get*", "iam:List*"))
    message = f"User: {ANN} is not authorized to perform: sts:AssumeRole on resource: {role_arn('Full')}"
    assert refused(world.ann.assume_role, RoleArn=role_arn("Full"), RoleSessionName="work") == (
        403, "AccessDenied", message)
    answer = world.assume(
        world.ann, "Full", ExternalId="x-1", DurationSeconds=900, SourceIdentity="ann",
        Tags=[{"Key": "Team", "Value": "web"}], TransitiveTagKeys=["Team"],
        Policy=policy(allow("iam:GetUser", "iam:ListUsers")),
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}])
    assert answer["AssumedRoleUser"]["Arn"] == session_arn("Full", "work")
    assert answer["AssumedRoleUser"]["AssumedRoleId"].endswith(":work")
    assert answer["SourceIdentity"] == "ann" and 0 < answer["PackedPolicySize"] <= 100
    credentials = answer["Credentials"]
    left = credentials["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert 800 < left.total_seconds() <= 900
    iam = as_session(world.server, "iam", credentials)
    assert iam.get_user(UserName="ann")["User"]["UserName"] == "ann" and iam.list_users()["Users"]
    # Allowed by the role, and by neither of the policies that limit the session.
    assert refused(iam.get_role, RoleName="Full")[1:] == (
        "AccessDenied", f"User: {session_arn('Full', 'work')} is not authorized to perform: iam:GetRole on resource: "
                        "role Full because no session policy allows the iam:GetRole action")


def test_chaining(world):
    account = f"arn:aws:iam::{ACCOUNT}:root"
    actions = ["AssumeRole", "TagSession", "SetSourceIdentity"]
    tagged = {"StringEquals": {"aws:PrincipalTag/Team": "web"}}
    world.role("First", trust(ANN, *actions), allow("sts:*"), MaxSessionDuration=43200)
    world.role("Second", trust(account, *actions), allow("iam:GetUser", Condition=tagged), MaxSessionDuration=43200)
    first = world.assume(
        world.ann, "First", Tags=[{"Key": "Team", "Value": "web"}], TransitiveTagKeys=["Team"], SourceIdentity="ann",
        DurationSeconds=43200)["Credentials"]
    sts = as_session(world.server, "sts", first)
    second = world.assume(sts, "Second")
    assert second["SourceIdentity"] == "ann"
    as_session(world.server, "iam", second["Credentials"]).get_user(UserName="ann")
    assert refused(sts.assume_role, RoleArn=role_arn("Second"), RoleSessionName="work", DurationSeconds=3601) == (
        400, "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
    assert refused(sts.get_session_token) == (
        403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
    assert refused(sts.get_federation_token, Name="bob") == (
        403, "AccessDenied", "Cannot call GetFederationToken with session credentials")
    assert refused(
        sts.assume_role, RoleArn=role_arn("Second"), RoleSessionName="work", Tags=[{"Key": "team", "Value": "other"}])[
        1] == "InvalidParameterValue"
    assert refused(world.root.assume_role, RoleArn=role_arn("First"), RoleSessionName="work") == (
        403, "AccessDenied", "Roles may not be assumed by root accounts.")


def test_mfa(world):
    mia = world.user("mia", allow("sts:AssumeRole", "iam:GetUser"))
    world.role("Guarded", trust(f"arn:aws:iam::{ACCOUNT}:root", Bool={"aws:MultiFactorAuthPresent": "true"}))
    made = world.iam.create_virtual_mfa_device(VirtualMFADeviceName="mia-phone")["VirtualMFADevice"]
    seed, serial = made["Base32StringSeed"], made["SerialNumber"]
    now = time.time()
    world.iam.enable_mfa_device(
        UserName="mia", SerialNumber=serial, AuthenticationCode1=code(seed, now - 60),
        AuthenticationCode2=code(seed, now - 30))
    assert refused(mia.assume_role, RoleArn=role_arn("Guarded"), RoleSessionName="work")[1] == "AccessDenied"
    plain = mia.get_session_token(DurationSeconds=900)["Credentials"]
    assert refused(as_session(world.server, "iam", plain).get_user)[:2] == (403, "InvalidClientTokenId")
    shown = {"SerialNumber": serial, "TokenCode": code(seed, time.time())}
    proven = mia.get_session_token(**shown)["Credentials"]
    assert who(world.server, proven) == f"arn:aws:iam::{ACCOUNT}:user/mia"
    assert as_session(world.server, "iam", proven).get_user()["User"]["UserName"] == "mia"
    assert refused(mia.get_session_token, **shown) == (
        403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
    assert who(world.server, world.assume(as_session(world.server, "sts", proven), "Guarded")["Credentials"]) == (
        session_arn("Guarded", "work"))
    again = {"SerialNumber": serial, "TokenCode": code(seed, time.time() + 30)}
    assert world.assume(mia, "Guarded", **again)["AssumedRoleUser"]["Arn"] == session_arn("Guarded", "work")


def test_federated_users(world):
    fay = world.user("fay", allow("sts:GetFederationToken", "sts:TagSession", "iam:GetUser"))
    answer = fay.get_federation_token(
        Name="bob", DurationSeconds=900, Tags=[{"Key": "Team", "Value": "web"}], Policy=policy(allow("s3:*")))
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    assert answer["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:bob", "Arn": arn}
    assert who(world.server, answer["Credentials"]) == arn
    iam = as_session(world.server, "iam", answer["Credentials"])
    assert refused(iam.get_user, UserName="fay")[:2] == (403, "InvalidClientTokenId")
    nobody = world.user("nobody")
    assert refused(nobody.get_federation_token, Name="bob") == (
        403, "AccessDenied", f"User: arn:aws:iam::{ACCOUNT}:user/nobody is not authorized to perform: "
                             f"sts:GetFederationToken on resource: {arn} because no identity-based policy allows the "
                             "sts:GetFederationToken action")


def test_what_is_said_of_keys_and_messages(world):
    assert refused(world.root.get_access_key_info, AccessKeyId="AKIAIOSFODNN7EXAMPLE")[:2] == (400, "ValidationError")
    assert world.root.get_access_key_info(AccessKeyId=ROOT_KEY)["Account"] == ACCOUNT
    for message in ["nonsense", base64.b64encode(bytes(100)).decode()]:
        assert refused(world.root.decode_authorization_message, EncodedMessage=message)[:2] == (
            400, "InvalidAuthorizationMessageException")
    identity = world.ann.get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (ACCOUNT, ANN) and identity["UserId"].startswith("AIDA")


def test_what_only_aws_has(world):
    task = {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}
    status, error, message = refused(world.ann.assume_root, TargetPrincipal=ACCOUNT, TaskPolicyArn=task)
    assert (status, error) == (403, "AccessDenied") and "sts:AssumeRoot" in message
    status, error, _ = refused(world.ann.get_delegated_access_token, TradeInToken="t" * 100)
    assert 400 <= status < 500 and error != "ValidationError"


def test_a_session_is_revoked_at_once(world):
    world.role("Revoked", trust(ANN))
    ended, other = (world.assume(world.ann, "Revoked")["Credentials"] for _ in range(2))
    assert who(world.server, ended) == who(world.server, other)
    ran = world.server.run(
        "admin", "--data-dir", str(world.server.data_dir), "session", "revoke", ended["AccessKeyId"])
    assert ran.returncode == 0, ran.stderr
    # The first request after the command is refused already: it is the start of the program that takes the time.
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        who(world.server, ended)
    assert who(world.server, other) == session_arn("Revoked", "work")
    for wrong in ["AKIAIOSFODNN7EXAMPLE", "ASIA", "nonsense"]:
        ran = world.server.run("admin", "--data-dir", str(world.server.data_dir), "session", "revoke", wrong)
        assert ran.returncode == 1 and "is not the access key id of a session" in ran.stderr


def test_a_revoked_session_is_served_no_more_under_load(world):
    world.role("Busy", trust(ANN))
    ended = world.assume(world.ann, "Busy")["Credentials"]
    seen, stop = [], threading.Event()

    def ask():
        sts = as_session(world.server, "sts", ended)
        while not stop.is_set():
            begun = time.monotonic()
            try:
                sts.get_caller_identity()
                said = None
            except ClientError as error:
                said = error.response["Error"]["Code"]
            seen.append((begun, said))

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    try:
        wait_until(lambda: len(seen) > 50)
        ran = world.server.run(
            "admin", "--data-dir", str(world.server.data_dir), "session", "revoke", ended["AccessKeyId"])
        returned = time.monotonic()
        assert ran.returncode == 0, ran.stderr
        wait_until(lambda: sum(begun > returned for begun, _ in list(seen)) > 50)
    finally:
        stop.set()
        for asker in askers:
            asker.join()
    assert {said for begun, said in seen if begun > returned} == {"InvalidClientTokenId"}
    # Served to the end, and refused from then on: no request between is anything else.
    assert {said for _, said in seen} == {None, "InvalidClientTokenId"}


def test_rotating_the_keys_ends_no_session(world):
    world.role("Rotated", trust(ANN))
    before = world.assume(world.ann, "Rotated")["Credentials"]
    for _ in range(2):
        ran = world.server.run("admin", "--data-dir", str(world.server.data_dir), "key", "rotate")
        assert ran.returncode == 0, ran.stderr
    after = world.assume(world.ann, "Rotated")["Credentials"]
    assert who(world.server, before) == who(world.server, after) == session_arn("Rotated", "work")


def test_sessions_outlive_the_server(tmp_path):
    server = Keyward(tmp_path / "data")
    with server:
        world = World(server)
        world.role("R", trust(ANN))
        kept, ended = (world.assume(world.ann, "R")["Credentials"] for _ in range(2))
        ran = server.run("admin", "--data-dir", str(server.data_dir), "key", "rotate")
        assert ran.returncode == 0, ran.stderr
        ran = server.run("admin", "--data-dir", str(server.data_dir), "session", "revoke", ended["AccessKeyId"])
        assert ran.returncode == 0, ran.stderr
        for stop in (server.stop, server.kill):
            stop()
            server.start()
            assert who(server, kept) == session_arn("R", "work")
            with pytest.raises(ClientError, match="InvalidClientTokenId"):
                who(server, ended)


def test_who_was_deleted_has_no_session(world):
    gone = world.user("gone", allow("sts:*"))
    credentials = gone.get_session_token()["Credentials"]
    assert who(world.server, credentials).endswith(":user/gone")
    key = world.iam.list_access_keys(UserName="gone")["AccessKeyMetadata"][0]["AccessKeyId"]
    world.iam.delete_access_key(UserName="gone", AccessKeyId=key)
    world.iam.delete_user_policy(UserName="gone", PolicyName="p")
    world.iam.delete_user(UserName="gone")
    world.user("gone", allow("sts:*"))
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        who(world.server, credentials)
