"""The operator's commands about orphaned MFA devices and accounts whose owner does not get in; waiting for nodes."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from keyward import ACCOUNT, ROOT_KEY, ROOT_SECRET, Keyward
from test_account import code


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Keyward(tmp_path_factory.mktemp("operator") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def admin(server, *arguments):
    return server.run("admin", *arguments, "--data-dir", str(server.data_dir))


def explain(server, *arguments):
    return server.run("explain", "--endpoint", server.url, *arguments,
                      AWS_ACCESS_KEY_ID=ROOT_KEY, AWS_SECRET_ACCESS_KEY=ROOT_SECRET)


def flat(text):
    return " ".join(text.split())


def serials(asked):
    assert asked.returncode == 0, asked.stderr
    return [it["serialNumber"] for it in json.loads(asked.stdout)]


def test_orphaned_devices_are_listed_and_expire(server, iam):
    made = json.loads(admin(server, "account", "create", "--email", "b@example.test", "--json").stdout)
    other = server.client("iam", made["rootAccessKeyId"], made["rootSecretAccessKey"])
    other.create_virtual_mfa_device(VirtualMFADeviceName="theirs")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="orphan", Path="/team/")
    iam.create_user(UserName="kim")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="kim")["VirtualMFADevice"]
    now = time.time()
    iam.enable_mfa_device(UserName="kim", SerialNumber=device["SerialNumber"],
                          AuthenticationCode1=code(device["Base32StringSeed"], now - 30),
                          AuthenticationCode2=code(device["Base32StringSeed"], now))
    orphan = f"arn:aws:iam::{ACCOUNT}:mfa/team/orphan"
    theirs = f"arn:aws:iam::{made['accountId']}:mfa/theirs"
    assert sorted(serials(admin(server, "mfa-device", "list", "--json"))) == sorted([orphan, theirs])
    assert serials(admin(server, "mfa-device", "list", "--account", ACCOUNT, "--json")) == [orphan]
    text = admin(server, "mfa-device", "list").stdout
    assert orphan in text and " second" in text and "kim" not in text
    # What was in use and is deactivated is no orphan.
    iam.deactivate_mfa_device(UserName="kim", SerialNumber=device["SerialNumber"])
    assert serials(admin(server, "mfa-device", "expire", "--older-than", "1d", "--json")) == []
    time.sleep(1.1)
    assert serials(admin(server, "mfa-device", "expire", "--older-than", "1s", "--account", ACCOUNT, "--json")) == [orphan]
    left = [it["SerialNumber"] for it in iam.list_virtual_mfa_devices()["VirtualMFADevices"]]
    assert left == [device["SerialNumber"]]
    assert admin(server, "mfa-device", "expire", "--older-than", "0s").stdout.endswith("1 deleted\n")
    assert admin(server, "mfa-device", "list").stdout == "none\n"
    events = [it for it in server.audit_events("KeywardOperatorAct") if it["eventName"] == "DeleteVirtualMFADevice"]
    assert [(it["recipientAccountId"], it["requestParameters"]["serialNumber"], it["readOnly"]) for it in events] == [
        (ACCOUNT, orphan, False), (made["accountId"], theirs, False)]
    assert iam.get_account_summary()["SummaryMap"]["MFADevices"] == 1
    # The name is free again.
    iam.create_virtual_mfa_device(VirtualMFADeviceName="orphan", Path="/team/")
    for wrong in (["--older-than", "soon"], []):
        assert admin(server, "mfa-device", "expire", *wrong).returncode == 2
    refused = admin(server, "mfa-device", "list", "--account", "999999999999")
    assert refused.returncode == 1 and "account 999999999999 is not here" in refused.stderr


def test_an_old_account(server, iam):
    iam.create_account_alias(AccountAlias="acme")
    for named in (ACCOUNT, "1111-2222-3333", "acme", "Root@example.test"):
        asked = admin(server, "account", "diagnose", named)
        assert asked.returncode == 0, asked.stderr
        text = flat(asked.stdout)
        assert f"Account {ACCOUNT} is in use. Its root user is root@example.test" in text
        places = [text.index(it) for it in ("1. The mailed reset", "2. The mailbox is gone", "The operator of this installation",
                                            "Once in: close what nobody needs")]
        assert places == sorted(places)
        assert "catch-all" in text and f"aws iam delete-access-key --access-key-id {ROOT_KEY}" in text
    assert ROOT_SECRET not in asked.stdout and "horse" not in asked.stdout
    refused = admin(server, "account", "diagnose", "nobody@example.test")
    assert refused.returncode == 1 and "no account of this installation" in refused.stderr
    assert json.loads(admin(server, "account", "diagnose", "acme", "--json").stdout)["facts"]["alias"] == "acme"
    events = [it for it in server.audit_events("KeywardOperatorAct") if it["eventName"] == "GetAccountState"]
    assert events[0]["requestParameters"] == {"account": ACCOUNT} and events[0]["readOnly"]
    assert "errorMessage" in [it for it in events if it["requestParameters"]["account"] == "nobody@example.test"][0]


def test_who_cannot_sign_in(server, iam):
    iam.create_user(UserName="lee", Path="/team/")
    both = [
        ("lee", "the user has no password", "create-login-profile --user-name lee"),
        ("les", "there is no such user", "Did you mean lee?"),
        ("root@example.test", "root user and IAM user are mixed up", "root users"),
        ("Deploy", "there is no such user", "There is a role of that name"),
    ]
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                     "Principal": {"AWS": ACCOUNT}}]}
    iam.create_role(RoleName="Deploy", AssumeRolePolicyDocument=json.dumps(trust))
    for user, verdict, more in both:
        for asked in (explain(server, "--cannot-sign-in", "--user", user),
                      admin(server, "account", "diagnose", ACCOUNT, "--user", user)):
            assert asked.returncode == 0, asked.stderr
            assert verdict in flat(asked.stdout) and more in flat(asked.stdout), asked.stdout
            assert "whoever signs in is told one and the same" in flat(asked.stdout)
            assert "failed attempts and throttling" in flat(asked.stdout)
    iam.create_login_profile(UserName="lee", Password="correct-Horse-1", PasswordResetRequired=True)
    iam.update_account_password_policy(MaxPasswordAge=90, HardExpiry=True)
    iam.create_virtual_mfa_device(VirtualMFADeviceName="lee")
    for asked in (explain(server, "--cannot-sign-in", "--user", "LEE", "--account", "acme"),
                  admin(server, "account", "diagnose", "acme", "--user", "lee")):
        text = flat(asked.stdout)
        assert asked.returncode == 0, asked.stderr
        assert "Nothing in the account's state keeps lee from signing in" in text
        assert "A new password must be set at sign-in" in text and "(today)" in text
        assert "An MFA device was made and never enabled" in text
        assert "Horse" not in text
    wrong = explain(server, "--cannot-sign-in", "--user", "lee", "--account", "acne")
    assert "another account was typed" in flat(wrong.stdout)
    for asked in (explain(server, "--cannot-sign-in"), admin(server, "account", "diagnose", ACCOUNT, "--user", "root")):
        text = flat(asked.stdout)
        assert asked.returncode == 0 and "Root user and IAM user are mixed up" in text, asked.stderr
        assert "A code is mailed to a new browser" in text
    # What the caller may not see is told.
    iam.put_user_policy(UserName="lee", PolicyName="p", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}]}))
    key = iam.create_access_key(UserName="lee")["AccessKey"]
    asked = server.run("explain", "--endpoint", server.url, "--cannot-sign-in", "--user", "lee",
                       AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])
    text = flat(asked.stdout)
    assert asked.returncode == 0, asked.stderr
    assert "You may not iam:GetLoginProfile." in text and "has no password" not in text


def test_waiting_for_nodes(server, iam, tmp_path):
    answer = iam.create_user(UserName="mia")
    revision = int(answer["ResponseMetadata"]["HTTPHeaders"]["x-keyward-revision"])
    here = ["--endpoint", server.url]
    done = server.run("wait", *here, "--revision", str(revision))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"✓ {server.url}  revision ")
    seen = json.loads(server.run("wait", *here, "--json").stdout)
    assert seen["revision"] >= revision and seen["nodes"][0]["ready"]
    # Another store's node stands for one that is behind.
    with Keyward(tmp_path / "other") as other:
        both = [*here, "--endpoint", other.url]
        begun = time.monotonic()
        late = server.run("wait", *both, "--timeout", "300ms")
        assert late.returncode == 1 and 0.3 <= time.monotonic() - begun < 5
        lines = late.stdout.splitlines()
        assert lines[0].startswith("✓") and lines[1].startswith(f"✗ {other.url}") and " behind" in lines[1]
        asked = server.run("explain", *both, "--change-not-visible")
        assert asked.returncode == 3, asked.stderr
        assert f"{other.url} does not answer from revision" in flat(asked.stdout)
        assert f"keyward wait --endpoint {server.url} --endpoint {other.url} --revision" in asked.stdout
        url = other.url
    gone = server.run("wait", *here, "--endpoint", url, "--timeout", "0s", "--revision", str(revision))
    assert gone.returncode == 3 and f"✗ {url}" in gone.stdout and "can't be reached" in gone.stdout
    assert server.run("explain", *here, "--change-not-visible", "--revision", str(revision)).returncode == 0
    ahead = server.run("wait", *here, "--revision", str(revision + 1000), "--timeout", "0s")
    assert ahead.returncode == 1
    for wrong in (["--timeout", "3"], ["--revision", "-1"], []):
        assert server.run("wait", *(here if wrong else []), *wrong).returncode == 2
    several = server.run("explain", *here, *here, "--cannot-sign-in")
    assert several.returncode == 2 and "several --endpoint" in several.stderr


def secrets(asked):
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


def who(server, made):
    sts = server.client("sts", made["rootAccessKeyId"], made["rootSecretAccessKey"])
    return sts.get_caller_identity()["Arn"]


@pytest.fixture
def shop(server):
    return secrets(admin(server, "account", "create", "--email", "shop@example.test", "--name", "Shop", "--json"))


def test_nothing_of_a_closed_account_authenticates(server, shop):
    iam = server.client("iam", shop["rootAccessKeyId"], shop["rootSecretAccessKey"])
    iam.create_user(UserName="kim")
    key = iam.create_access_key(UserName="kim")["AccessKey"]
    kim = server.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    session = server.client("sts", shop["rootAccessKeyId"], shop["rootSecretAccessKey"]) \
        .get_session_token()["Credentials"]
    by_session = server.client("sts", session["AccessKeyId"], session["SecretAccessKey"],
                               aws_session_token=session["SessionToken"])
    everybody = [server.client("sts", shop["rootAccessKeyId"], shop["rootSecretAccessKey"]), kim, by_session]
    for sts in everybody:
        sts.get_caller_identity()
    for _ in range(2):
        closed = secrets(admin(server, "account", "close", shop["accountId"], "--json"))
        assert (closed["accountId"], closed["status"]) == (shop["accountId"], "closed")
    for sts in everybody:
        with pytest.raises(ClientError) as refused:
            sts.get_caller_identity()
        assert refused.value.response["Error"]["Code"] == "InvalidClientTokenId"
    listed = {it["accountId"]: it["status"] for it in secrets(admin(server, "account", "list", "--json"))}
    assert (listed[shop["accountId"]], listed[ACCOUNT]) == ("closed", "active")
    told = flat(admin(server, "account", "diagnose", shop["accountId"], "--user", "kim").stdout)
    assert "The account is closed" in told and f"keyward admin account reopen {shop['accountId']}" in told
    # It is closed on the disk, too.
    server.stop()
    server.start()
    for sts in everybody:
        with pytest.raises(ClientError):
            sts.get_caller_identity()
    assert secrets(admin(server, "account", "reopen", shop["accountId"], "--json"))["status"] == "active"
    for sts in everybody:
        sts.get_caller_identity()


def test_who_lost_everything_is_let_in_again(server, shop):
    account = shop["accountId"]
    admin(server, "account", "close", account)
    told = flat(admin(server, "account", "diagnose", account).stdout)
    assert f"keyward admin account recover {account} --deactivate-access-keys" in told
    found = secrets(admin(server, "account", "recover", account, "--email", "new@example.test", "--json"))
    assert (found["accountId"], found["email"]) == (account, "new@example.test")
    assert found["otherActiveAccessKeys"] == [shop["rootAccessKeyId"]]
    assert len(found["rootPassword"]) >= 20 and found["rootPassword"] != shop["rootPassword"]
    assert who(server, found) == who(server, shop) == f"arn:aws:iam::{account}:root"
    # There is room for two keys.
    full = admin(server, "account", "recover", account)
    assert full.returncode == 1
    for key in (found, shop):
        assert key["rootAccessKeyId"] in full.stderr
    other = admin(server, "account", "recover", account, "--replace-access-key", "AKIANOSUCHKEY")
    assert (other.returncode, other.stderr) == (1, "keyward: AKIANOSUCHKEY is no access key of the root user\n")
    # What was refused has changed nothing.
    assert who(server, found) == who(server, shop)
    last = secrets(admin(server, "account", "recover", account, "--deactivate-access-keys",
                         "--replace-access-key", shop["rootAccessKeyId"], "--json"))
    assert (last["otherActiveAccessKeys"], last["email"]) == ([], "new@example.test")
    assert who(server, last) == f"arn:aws:iam::{account}:root"
    for gone in (found, shop):
        with pytest.raises(ClientError):
            who(server, gone)
    names = [it["eventName"] for it in server.audit_events("KeywardOperatorAct") if it.get("recipientAccountId") == account]
    assert names.count("RecoverAccount") == 4 and "CloseAccount" in names
    text = "\n".join(json.dumps(it) for it in server.audit_events("KeywardOperatorAct"))
    for made in (shop, found, last):
        assert made["rootSecretAccessKey"] not in text and made["rootPassword"] not in text


def test_an_account_that_is_not_here_is_neither_closed_nor_recovered(server):
    for act in ("close", "reopen", "recover"):
        asked = admin(server, "account", act, "999999999999")
        assert (asked.returncode, asked.stderr) == (1, "keyward: account 999999999999 is not here\n")
        assert admin(server, "account", act, "12").returncode == 1
    asked = admin(server, "account", "recover", ACCOUNT, "--email", "nobody")
    assert asked.returncode == 1 and "name@domain" in asked.stderr
