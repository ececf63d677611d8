"""Refusals that lead to their details, read with AWS's own client."""

import json
import re

import pytest
from botocore.exceptions import ClientError

from keyward import Keyward

PAGE = "https://keyward.example"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Look", "Effect": "Allow", "Action": "iam:Get*", "Resource": "*"},
        {"Sid": "Never", "Effect": "Deny", "Action": "iam:DeleteUser", "Resource": "*"},
    ],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("details") / "data"
    with Keyward(folder, "--authorization-details", PAGE) as running:
        yield running


def key_of(server, name, policy=None):
    iam = server.client("iam")
    iam.create_user(UserName=name)
    if policy:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def denied(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    message = caught.value.response["Error"]["Message"]
    found = re.fullmatch(
        r"(.*)\. Go to (\S+) for complete details, or call the GetRequestAuthorizationDetails API with the following "
        r"authorization id: ([0-9a-z]{25})",
        message,
    )
    assert found, message
    assert found[2] == f"{PAGE}/authorization-details/{found[3]}"
    return found[1], found[3]


def test_a_refusal_names_its_details(server):
    key = key_of(server, "ann", POLICY)
    text, identifier = denied(server.client("iam", *key).delete_user, UserName="bob")
    assert text.endswith("with an explicit deny in an identity-based policy")
    toolbox = server.client("iam-toolbox")
    details = toolbox.get_request_authorization_details(authorizationId=identifier)
    assert details["requestContext"]["aws:username"] == "ann"
    (evaluation,) = details["evaluations"]
    assert evaluation["action"] == "iam:DeleteUser"
    assert evaluation["resource"] == "arn:aws:iam::111122223333:user/bob"
    assert evaluation["evaluatedEffect"] == "EXPLICIT_DENY"
    principal = [check for check in evaluation["checks"] if check["checkType"] == "PRINCIPAL"]
    assert principal[0]["evaluatedEffect"] == "EXPLICIT_DENY"
    (matched,) = principal[0]["matchedPolicies"]
    assert matched["matchedStatements"] == [{"sid": "Never", "evaluatedEffect": "DENY"}]
    (policy,) = details["policies"]
    assert policy["type"] == "IDENTITY_BASED_POLICY" and policy["inline"]
    assert policy["attachedTo"] == [{"arn": "arn:aws:iam::111122223333:user/ann"}]
    # The document is the one of then, not of now.
    server.client("iam").delete_user_policy(UserName="ann", PolicyName="own")
    found = toolbox.get_request_authorization_policy(authorizationId=identifier, policyUri=policy["uri"])
    assert found["policyDocument"] == POLICY


def test_managed_policies_and_sessions_are_shown(server):
    iam = server.client("iam")
    key = key_of(server, "eve")
    arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
    iam.attach_user_policy(UserName="eve", PolicyArn=arn)
    _, identifier = denied(server.client("iam", *key).create_user, UserName="x")
    toolbox = server.client("iam-toolbox")
    details = toolbox.get_request_authorization_details(authorizationId=identifier)
    assert details["evaluations"][0]["evaluatedEffect"] == "IMPLICIT_DENY"
    assert [policy["uri"] for policy in details["policies"]] == [arn]
    document = toolbox.get_request_authorization_policy(authorizationId=identifier, policyUri=arn)
    assert document["policyDocument"]["Statement"]


def test_details_are_for_those_who_may(server):
    key = key_of(server, "nobody")
    _, identifier = denied(server.client("iam", *key).list_users)
    toolbox = server.client("iam-toolbox", *key)
    with pytest.raises(ClientError) as caught:
        toolbox.get_request_authorization_details(authorizationId=identifier)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "iam:GetRequestAuthorizationDetails" in caught.value.response["Error"]["Message"]
    made = json.loads(server.run("admin", "account", "create", "--email", "b@example.test", "--json",
                                 "--data-dir", str(server.data_dir)).stdout)
    stranger = server.client("iam-toolbox", made["rootAccessKeyId"], made["rootSecretAccessKey"])
    own = server.client("iam-toolbox")
    for client, wanted in ((stranger, identifier), (own, "0" * 25), (own, "z" * 25), (own, "a")):
        with pytest.raises(ClientError) as caught:
            client.get_request_authorization_details(authorizationId=wanted)
        assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    with pytest.raises(ClientError) as caught:
        own.get_request_authorization_policy(authorizationId=identifier, policyUri="absent")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_details_outlive_a_restart_and_hold_no_secret(server):
    key = key_of(server, "late")
    _, identifier = denied(server.client("iam", *key).list_users)
    server.kill()
    server.start()
    details = server.client("iam-toolbox").get_request_authorization_details(authorizationId=identifier)
    assert details["evaluations"][0]["action"] == "iam:ListUsers"
    for path in (server.data_dir / "authorization-details").iterdir():
        assert key[1].encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def asking(client, value="true"):
    """Has the calls of a client ask for the details of what is allowed."""
    def add(request, **_):
        request.headers["x-keyward-authorization-details"] = value
    client.meta.events.register("before-sign", add)
    return client


ID = "x-keyward-authorization-id"


def id_of(response):
    return response["ResponseMetadata"]["HTTPHeaders"].get(ID)


def test_what_is_allowed_is_explained_too_where_it_is_asked_for(server):
    key = key_of(server, "fay", POLICY)
    iam = asking(server.client("iam", *key))
    identifier = id_of(iam.get_user(UserName="fay"))
    assert re.fullmatch("[0-9a-z]{25}", identifier)
    toolbox = server.client("iam-toolbox")
    details = toolbox.get_request_authorization_details(authorizationId=identifier)
    assert details["requestContext"]["aws:username"] == "fay"
    (evaluation,) = details["evaluations"]
    assert (evaluation["action"], evaluation["evaluatedEffect"]) == ("iam:GetUser", "ALLOW")
    (check,) = [it for it in evaluation["checks"] if it["checkType"] == "PRINCIPAL"]
    assert check["evaluatedEffect"] == "ALLOW"
    (policy,) = check["matchedPolicies"]
    assert [it["sid"] for it in policy["matchedStatements"]] == ["Look"]
    document = toolbox.get_request_authorization_policy(authorizationId=identifier, policyUri=policy["uri"])
    assert document["policyDocument"] == POLICY
    # The policies allow it, and then there is no such user: the message is the one of a user that is not there.
    with pytest.raises(ClientError) as missing:
        iam.get_user(UserName="absent")
    assert missing.value.response["Error"]["Message"] == "The user with name absent cannot be found."
    details = toolbox.get_request_authorization_details(authorizationId=id_of(missing.value.response))
    assert details["evaluations"][0]["evaluatedEffect"] == "ALLOW"
    # A refusal has its id in the header too, asked for or not.
    for client in (iam, server.client("iam", *key)):
        with pytest.raises(ClientError) as refused:
            client.delete_user(UserName="fay")
        response = refused.value.response
        assert response["Error"]["Message"].endswith(id_of(response))


def test_what_is_allowed_is_not_kept_unasked(server):
    key = key_of(server, "gil", POLICY)
    assert id_of(server.client("iam", *key).get_user(UserName="gil")) is None
    assert id_of(asking(server.client("iam", *key), "no").get_user(UserName="gil")) is None


def test_nothing_is_kept_where_the_operator_keeps_nothing(tmp_path):
    with Keyward(tmp_path / "data") as plain:
        assert id_of(asking(plain.client("iam")).list_users()) is None


def test_credentials_that_do_not_fit_lead_to_no_details(server):
    key = key_of(server, "hal", POLICY)
    made = server.client("sts", *key).get_session_token()["Credentials"]
    iam = server.client("iam", made["AccessKeyId"], made["SecretAccessKey"], aws_session_token=made["SessionToken"])
    with pytest.raises(ClientError) as refused:
        iam.get_user(UserName="hal")
    assert refused.value.response["Error"]["Code"] == "InvalidClientTokenId"
    assert id_of(refused.value.response) is None
