"""Signing in by SAML: a real identity provider (pysaml2, xmlsec1), boto3, and then calls with the session."""

import base64
import json
import re
import subprocess

import boto3
import botocore
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from saml2.xmldsig import SIG_RSA_SHA1

from identity_provider import IdentityProvider, key_pair, later
from keyward import ACCOUNT, clean_environment, note_call

PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Idp"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/Reader"
ATTRIBUTES = {"Role": f"{ROLE},{PROVIDER}", "RoleSessionName": "alice@idp.example"}
AFFILIATION = "urn:oid:1.3.6.1.4.1.5923.1.1.1.1"
REFUSED = ("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithSAML")


def trust(*actions, **condition):
    statement = {
        "Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": list(actions), "Condition": condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(*actions):
    return json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
    })


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("idp")


@pytest.fixture(scope="module")
def idp(folder):
    return IdentityProvider(folder)


@pytest.fixture(scope="module")
def signed_in(server, idp):
    """The server, with the provider and a role that it may let people into."""
    iam = server.client("iam")
    iam.create_saml_provider(SAMLMetadataDocument=idp.metadata(), Name="Idp")
    iam.create_role(
        RoleName="Reader", Path="/team/",
        AssumeRolePolicyDocument=trust(
            "sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity",
            StringEquals={"saml:iss": "https://idp.example/saml"},
        ),
    )
    iam.put_role_policy(RoleName="Reader", PolicyName="p", PolicyDocument=allow("iam:ListUsers", "iam:GetRole"))
    return server


def sts(server):
    """A client without credentials."""
    config = Config(signature_version=botocore.UNSIGNED, retries={"max_attempts": 0})
    client = boto3.session.Session().client("sts", endpoint_url=server.url, region_name="us-east-1", config=config)
    client.meta.events.register("after-call.sts", note_call)
    return client


def sign_in(server, response, **more):
    call = {"RoleArn": ROLE, "PrincipalArn": PROVIDER, "SAMLAssertion": response, **more}
    return sts(server).assume_role_with_saml(**call)


def as_session(server, service, answer):
    credentials = answer["Credentials"]
    return server.client(
        service, credentials["AccessKeyId"], credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def check(server, response, expected, **more):
    with pytest.raises(ClientError) as caught:
        sign_in(server, response, **more)
    error = caught.value.response
    got = (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"])
    assert got == expected


@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
def test_signs_in(signed_in, idp, sign):
    response = idp.response({**ATTRIBUTES, AFFILIATION: ["staff", "member"]}, sign=sign, session=later(hours=1))
    answer = sign_in(signed_in, response, DurationSeconds=900)
    assert answer["Subject"] == "alice"
    assert answer["SubjectType"] == "persistent"
    assert answer["Issuer"] == "https://idp.example/saml"
    assert answer["Audience"] == "https://signin.aws.amazon.com/saml"
    assert len(base64.b64decode(answer["NameQualifier"])) == 20
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/alice@idp.example"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    assert as_session(signed_in, "sts", answer).get_caller_identity()["Arn"] == arn
    iam = as_session(signed_in, "iam", answer)
    assert iam.list_users()["Users"] == []
    with pytest.raises(ClientError) as refused:
        iam.list_roles()
    assert f"User: {arn} is not authorized to perform: iam:ListRoles" in str(refused.value)


def test_tags_and_source_identity(signed_in, idp):
    attributes = {
        **ATTRIBUTES, "PrincipalTag:Team": "blue", "TransitiveTagKeys": "Team", "SourceIdentity": "alice",
        "SessionDuration": "1200",
    }
    answer = sign_in(signed_in, idp.response(attributes))
    assert answer["SourceIdentity"] == "alice"
    assert answer["PackedPolicySize"] >= 1
    iam = signed_in.client("iam")
    tagged = json.loads(allow("iam:ListGroups"))
    tagged["Statement"][0]["Condition"] = {"StringEquals": {
        "aws:PrincipalTag/Team": "blue", "aws:SourceIdentity": "alice", "saml:sub": "alice",
    }}
    iam.put_role_policy(RoleName="Reader", PolicyName="tagged", PolicyDocument=json.dumps(tagged))
    assert as_session(signed_in, "iam", answer).list_groups()["Groups"] == []
    with pytest.raises(ClientError):
        as_session(signed_in, "iam", sign_in(signed_in, idp.response(ATTRIBUTES))).list_groups()
    events = [event for event in signed_in.audit_events() if event["eventName"] == "AssumeRoleWithSAML"]
    assert events[-1]["userIdentity"]["type"] == "SAMLUser"
    assert events[-1]["userIdentity"]["userName"] == "alice"


def test_the_servers_own_endpoint(signed_in, folder):
    own = IdentityProvider(folder, endpoint=f"{signed_in.url}/saml", audience=f"{signed_in.url}/saml")
    assert sign_in(signed_in, own.response(ATTRIBUTES))["Audience"] == f"{signed_in.url}/saml"


def test_the_command_line(signed_in, idp, tmp_path):
    assertion = tmp_path / "assertion"
    assertion.write_text(idp.response(ATTRIBUTES))
    done = subprocess.run(
        ["/usr/bin/aws", "--endpoint-url", signed_in.url, "--region", "us-east-1", "sts", "assume-role-with-saml",
         "--role-arn", ROLE, "--principal-arn", PROVIDER, "--saml-assertion", f"file://{assertion}"],
        env=clean_environment(), capture_output=True, text=True, timeout=60,
    )
    assert json.loads(done.stdout)["Subject"] == "alice", done.stderr


def test_errors_of_the_response(signed_in, idp, folder, monkeypatch):
    def invalid(text):
        return ("InvalidIdentityToken", 400, text)

    good = idp.response(ATTRIBUTES)
    xml = base64.b64decode(good).decode()

    def encoded(text):
        return base64.b64encode(text.encode()).decode()

    check(signed_in, "!!!!", invalid("Invalid base64 SAMLResponse"))
    check(signed_in, encoded("<!DOCTYPE x>" + xml), invalid("Could not parse the SAML response"))
    check(signed_in, good, invalid("Specified provider doesn't exist."), PrincipalArn=PROVIDER + "2")
    other = IdentityProvider(folder, entity="https://other.example/saml")
    check(signed_in, other.response(ATTRIBUTES), invalid("Issuer not present in specified provider"))
    wrong = invalid("Response signature invalid")
    check(signed_in, encoded(xml.replace(">alice<", ">admin<")), wrong)
    check(signed_in, idp.response(ATTRIBUTES, algorithm=SIG_RSA_SHA1), wrong)
    check(signed_in, idp.response(ATTRIBUTES, sign="nothing"), wrong)
    forged = re.search(r"<ns1:Assertion .*</ns1:Assertion>", xml, re.S).group().replace(">alice<", ">admin<")
    for evil in (forged, re.sub(r"<ns2:Signature .*?</ns2:Signature>", "", forged, flags=re.S).replace('ID="', 'ID="x')):
        for place in ("<ns1:Assertion ", "</ns0:Response>"):
            refused = encoded(xml.replace(place, evil + place, 1))
            with pytest.raises(ClientError, match="InvalidIdentityToken"):
                sign_in(signed_in, refused)
    failed = ("IDPRejectedClaim", 403, "The identity provider reported that authentication failed")
    check(signed_in, idp.failure(), failed)
    audience = invalid("Response does not contain the required audience.")
    check(signed_in, IdentityProvider(folder, endpoint="https://other.example/saml").response(ATTRIBUTES), audience)
    check(signed_in, IdentityProvider(folder, audience="urn:other").response(ATTRIBUTES), audience)
    expired = ("ExpiredTokenException", 400, "Response has expired")
    check(signed_in, IdentityProvider(folder, minutes=-1).response(ATTRIBUTES), expired)
    long = IdentityProvider(folder, minutes=60)
    monkeypatch.setattr("saml2.assertion.instant", lambda *_, **__: later(minutes=-6))
    monkeypatch.setattr("saml2.s_utils.instant", lambda *_, **__: later(minutes=-6), raising=False)
    too_old = ("ExpiredTokenException", 400, "Token must be redeemed within 5 minutes of issuance")
    check(signed_in, long.response(ATTRIBUTES), too_old)


def test_errors_of_the_attributes(signed_in, idp):
    def invalid(text):
        return ("InvalidIdentityToken", 400, text)

    check(signed_in, idp.response({**ATTRIBUTES, "Role": f"{ROLE}2,{PROVIDER}"}), REFUSED)
    check(signed_in, idp.response({"RoleSessionName": "alice"}), REFUSED)
    check(signed_in, idp.response({"Role": f"{PROVIDER},{ROLE}"}), invalid("RoleSessionName is required in AuthnResponse"))
    name = "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
    check(signed_in, idp.response({**ATTRIBUTES, "RoleSessionName": "a b"}), invalid(name))
    identity = 'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'
    check(signed_in, idp.response({**ATTRIBUTES, "SourceIdentity": "aws:x"}), invalid(identity))
    too_long = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    check(signed_in, idp.response(ATTRIBUTES), ("ValidationError", 400, too_long), DurationSeconds=7200)
    two = {**ATTRIBUTES, "PrincipalTag:a": "1", "PrincipalTag:A": "2"}
    duplicate = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    check(signed_in, idp.response(two), ("InvalidParameterValue", 400, duplicate))


def test_trust_policies(signed_in, idp):
    iam = signed_in.client("iam")
    role = f"arn:aws:iam::{ACCOUNT}:role/Strict"
    attributes = {"Role": f"{role},{PROVIDER}", "RoleSessionName": "alice"}
    response = idp.response(attributes)
    check(signed_in, response, REFUSED, RoleArn=role)
    iam.create_role(
        RoleName="Strict",
        AssumeRolePolicyDocument=trust(
            "sts:AssumeRoleWithSAML",
            **{"StringEquals": {"saml:aud": "https://signin.aws.amazon.com/saml", "saml:sub_type": "persistent"},
               "ForAnyValue:StringEquals": {"saml:eduPersonAffiliation": ["staff"]}},
        ),
    )
    check(signed_in, response, REFUSED, RoleArn=role)
    staff = {**attributes, AFFILIATION: ["member", "staff"]}
    assert sign_in(signed_in, idp.response(staff), RoleArn=role)["Credentials"]
    check(signed_in, idp.response({**staff, "PrincipalTag:a": "b"}), REFUSED, RoleArn=role)
    check(signed_in, idp.response({**staff, "SourceIdentity": "alice"}), REFUSED, RoleArn=role)


def test_encrypted_assertions(signed_in, idp, folder):
    key, certificate = key_pair(folder, "provider")
    iam = signed_in.client("iam")
    encrypted = idp.encrypted(idp.response(ATTRIBUTES), certificate)
    no_key = "The specified provider has no private key to decrypt the assertion"
    check(signed_in, encrypted, ("InvalidIdentityToken", 400, no_key))
    iam.update_saml_provider(SAMLProviderArn=PROVIDER, AddPrivateKey=key.read_text())
    assert sign_in(signed_in, encrypted)["Subject"] == "alice"
    iam.update_saml_provider(SAMLProviderArn=PROVIDER, AssertionEncryptionMode="Required")
    required = "The specified provider requires an encrypted assertion"
    check(signed_in, idp.response(ATTRIBUTES), ("InvalidIdentityToken", 400, required))
    assert sign_in(signed_in, encrypted)["Subject"] == "alice"
    _, other = key_pair(folder, "stranger")
    unsigned = idp.encrypted(idp.response(ATTRIBUTES, sign="nothing"), certificate)
    for response in (idp.encrypted(idp.response(ATTRIBUTES), other), unsigned):
        check(signed_in, response, ("InvalidIdentityToken", 400, "Response signature invalid"))
