"""Quotas that can be reached by hand: tags of every kind of thing that has them, and the smaller counts of an account."""

import json

import pytest

from test_credentials import make, metadata
from test_pages import TRUST, arn

DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}]})


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return make(tmp_path_factory.mktemp("quota"))


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def refused(call, **arguments):
    with pytest.raises(call.__self__.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


# By what the operations end in: how one is made, how it is named, and the quota.
TAGGED = {
    "user": (lambda iam, _: iam.create_user(UserName="full"), {"UserName": "full"}, "TagsPerUser"),
    "role": (lambda iam, _: iam.create_role(RoleName="full", AssumeRolePolicyDocument=TRUST), {"RoleName": "full"}, "TagsPerRole"),
    "policy": (lambda iam, _: iam.create_policy(PolicyName="full", PolicyDocument=DOCUMENT),
               {"PolicyArn": arn("policy/full")}, "TagsPerPolicy"),
    "instance_profile": (lambda iam, _: iam.create_instance_profile(InstanceProfileName="full"),
                         {"InstanceProfileName": "full"}, "TagsPerInstanceProfile"),
    "mfa_device": (lambda iam, _: iam.create_virtual_mfa_device(VirtualMFADeviceName="full"),
                   {"SerialNumber": arn("mfa/full")}, "TagsPerMFADevice"),
    "open_id_connect_provider": (lambda iam, _: iam.create_open_id_connect_provider(Url="https://full.example", ClientIDList=["c"]),
                                 {"OpenIDConnectProviderArn": arn("oidc-provider/full.example")}, "TagsPerOpenIdConnectProvider"),
    "saml_provider": (lambda iam, pair: iam.create_saml_provider(Name="full", SAMLMetadataDocument=metadata(pair["cert"])),
                      {"SAMLProviderArn": arn("saml-provider/full")}, "TagsPerSAMLProvider"),
    "server_certificate": (lambda iam, pair: iam.upload_server_certificate(
        ServerCertificateName="full", CertificateBody=pair["cert"], PrivateKey=pair["key"]),
        {"ServerCertificateName": "full"}, "TagsPerServerCertificate"),
}


@pytest.mark.parametrize("kind", TAGGED)
def test_fifty_tags(iam, pair, kind):
    create, name, quota = TAGGED[kind]
    create(iam, pair)
    tag, untag = getattr(iam, f"tag_{kind}"), getattr(iam, f"untag_{kind}")
    shown = getattr(iam, f"list_{kind}_tags")
    # What the model bounds is a call, not a thing.
    tag(**name, Tags=[{"Key": f"k{number}", "Value": ""} for number in range(49)])
    tag(**name, Tags=[{"Key": "last", "Value": ""}])
    one = [{"Key": "more", "Value": ""}]
    full = (409, "LimitExceeded", f"Cannot exceed quota for {quota}: 50")
    assert refused(tag, **name, Tags=one) == full
    # Another value is no other tag.
    tag(**name, Tags=[{"Key": "last", "Value": "v"}])
    assert refused(tag, **name, Tags=[{"Key": "last", "Value": "w"}, *one]) == full
    tags = {tag["Key"]: tag["Value"] for tag in shown(**name, MaxItems=1000)["Tags"]}
    assert len(tags) == 50 and tags["last"] == "v"
    untag(**name, TagKeys=["k0"])
    tag(**name, Tags=one)


# What an account has few of: how one is made and unmade, the quota and its name.
FEW = {
    "saml": (lambda iam, pair, name: iam.create_saml_provider(Name=name, SAMLMetadataDocument=metadata(pair["cert"])),
             lambda iam, name: iam.delete_saml_provider(SAMLProviderArn=arn(f"saml-provider/{name}")),
             lambda iam: len(iam.list_saml_providers()["SAMLProviderList"]), 100, "SAMLProvidersPerAccount"),
    "oidc": (lambda iam, _, name: iam.create_open_id_connect_provider(Url=f"https://{name}.example", ClientIDList=["c"]),
             lambda iam, name: iam.delete_open_id_connect_provider(
                 OpenIDConnectProviderArn=arn(f"oidc-provider/{name}.example")),
             lambda iam: len(iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]), 100,
             "OpenIdConnectProvidersPerAccount"),
    "certificates": (lambda iam, pair, name: iam.upload_server_certificate(
        ServerCertificateName=name, CertificateBody=pair["cert"], PrivateKey=pair["key"]),
        lambda iam, name: iam.delete_server_certificate(ServerCertificateName=name),
        lambda iam: len(iam.list_server_certificates()["ServerCertificateMetadataList"]), 20, "ServerCertificatesPerAccount"),
}


@pytest.mark.parametrize("what", FEW)
def test_an_account_has_so_many(iam, pair, what):
    create, delete, count, limit, quota = FEW[what]
    there = count(iam)
    for number in range(there, limit):
        create(iam, pair, f"few-{number}")
    with pytest.raises(iam.exceptions.LimitExceededException) as caught:
        create(iam, pair, "few-more")
    assert caught.value.response["Error"]["Message"] == f"Cannot exceed quota for {quota}: {limit}"
    delete(iam, f"few-{limit - 1}")
    create(iam, pair, "few-more")
    assert count(iam) == limit
    # Whoever comes later finds room.
    for number in range(there, limit - 1):
        delete(iam, f"few-{number}")
    delete(iam, "few-more")
