"""Every paginator and every waiter that boto3 has for IAM."""

import json
import threading

import pytest
from botocore import xform_name

from keyward import ACCOUNT
from test_credentials import make, metadata

DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
TAGS = [{"Key": key, "Value": "v"} for key in ("a", "B", "c")]
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/paged-1"


def arn(resource):
    return f"arn:aws:iam::{ACCOUNT}:{resource}"


def simulated(**more):
    return {"ActionNames": ["iam:GetUser", "iam:GetRole", "s3:GetObject"], **more}


# What each pages through; each is about something that has two at least.
PAGED = {
    "get_account_authorization_details": {},
    "get_group": {"GroupName": "paged-1"},
    "list_access_keys": {"UserName": "paged-1"},
    # An account has one at most.
    "list_account_aliases": {},
    "list_attached_group_policies": {"GroupName": "paged-1"},
    "list_attached_role_policies": {"RoleName": "paged-1"},
    "list_attached_user_policies": {"UserName": "paged-1"},
    "list_entities_for_policy": {"PolicyArn": POLICY},
    "list_group_policies": {"GroupName": "paged-1"},
    "list_groups": {"PathPrefix": "/paged/"},
    "list_groups_for_user": {"UserName": "paged-1"},
    "list_instance_profile_tags": {"InstanceProfileName": "paged-1"},
    "list_instance_profiles": {"PathPrefix": "/paged/"},
    "list_instance_profiles_for_role": {"RoleName": "paged-1"},
    "list_mfa_device_tags": {"SerialNumber": arn("mfa/paged/paged-1")},
    # Enabling takes codes; `test_account.py` does it.
    "list_mfa_devices": {"UserName": "paged-1"},
    "list_open_id_connect_provider_tags": {"OpenIDConnectProviderArn": arn("oidc-provider/paged.example")},
    "list_policies": {"Scope": "Local", "PathPrefix": "/"},
    "list_policy_tags": {"PolicyArn": POLICY},
    "list_policy_versions": {"PolicyArn": POLICY},
    "list_role_policies": {"RoleName": "paged-1"},
    "list_role_tags": {"RoleName": "paged-1"},
    "list_roles": {"PathPrefix": "/paged/"},
    "list_saml_provider_tags": {"SAMLProviderArn": arn("saml-provider/paged")},
    "list_server_certificate_tags": {"ServerCertificateName": "paged-1"},
    "list_server_certificates": {"PathPrefix": "/paged/"},
    "list_signing_certificates": {"UserName": "paged-1"},
    "list_ssh_public_keys": {"UserName": "paged-1"},
    "list_user_policies": {"UserName": "paged-1"},
    "list_user_tags": {"UserName": "paged-1"},
    "list_users": {"PathPrefix": "/paged/"},
    "list_virtual_mfa_devices": {},
    "simulate_custom_policy": simulated(PolicyInputList=[DOCUMENT]),
    "simulate_principal_policy": simulated(PolicySourceArn=arn("user/paged/paged-1")),
}
FEW = {"list_account_aliases", "list_mfa_devices"}


@pytest.fixture(scope="module")
def iam(server, tmp_path_factory):
    iam = server.client("iam")
    keys = [make(tmp_path_factory.mktemp("key")) for _ in range(2)]
    names = ["paged-1", "paged-2"]
    for name in names:
        iam.create_policy(PolicyName=name, PolicyDocument=DOCUMENT, Tags=TAGS)
    policies = [arn(f"policy/{name}") for name in names]
    iam.create_policy_version(PolicyArn=POLICY, PolicyDocument=DOCUMENT)
    for number, name in enumerate(names):
        iam.create_user(UserName=name, Path="/paged/", Tags=TAGS)
        iam.create_group(GroupName=name, Path="/paged/")
        iam.create_role(RoleName=name, Path="/paged/", AssumeRolePolicyDocument=TRUST, Tags=TAGS)
        iam.create_instance_profile(InstanceProfileName=name, Path="/paged/", Tags=TAGS)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=names[0])
        iam.create_virtual_mfa_device(VirtualMFADeviceName=name, Path="/paged/", Tags=TAGS)
        iam.upload_server_certificate(
            ServerCertificateName=name, Path="/paged/", CertificateBody=keys[0]["cert"], PrivateKey=keys[0]["key"], Tags=TAGS)
        iam.create_access_key(UserName=names[0])
        iam.upload_signing_certificate(UserName=names[0], CertificateBody=keys[number]["cert"])
        iam.upload_ssh_public_key(UserName=names[0], SSHPublicKeyBody=keys[number]["public"])
    for policy in policies:
        for kind in ("group", "role", "user"):
            one = {f"{kind.title()}Name": names[0]}
            getattr(iam, f"attach_{kind}_policy")(**one, PolicyArn=policy)
            getattr(iam, f"put_{kind}_policy")(**one, PolicyName=policy.rsplit("/")[-1], PolicyDocument=DOCUMENT)
    for user, group in [(names[0], names[0]), (names[1], names[0]), (names[0], names[1])]:
        iam.add_user_to_group(UserName=user, GroupName=group)
    iam.create_open_id_connect_provider(Url="https://paged.example", ClientIDList=["c"], Tags=TAGS)
    iam.create_saml_provider(SAMLMetadataDocument=metadata(keys[0]["cert"]), Name="paged", Tags=TAGS)
    iam.create_account_alias(AccountAlias="paged")
    return iam


def test_every_paginator_is_known(iam):
    names = map(xform_name, iam.meta.service_model.operation_names)
    assert {name for name in names if iam.can_paginate(name)} == PAGED.keys()


@pytest.mark.parametrize("operation", PAGED)
def test_pages_of_one_item_are_the_whole(iam, operation):
    paginator = iam.get_paginator(operation)
    whole = getattr(iam, operation)(**PAGED[operation], MaxItems=1000)
    assert not whole["IsTruncated"] and "Marker" not in whole
    found = {}
    pages = list(paginator.paginate(**PAGED[operation], PaginationConfig={"PageSize": 1}))
    lists = [key.expression for key in paginator.result_keys]
    for page in pages:
        assert sum(len(page.get(key, [])) for key in lists) <= 1
        assert page["IsTruncated"] == ("Marker" in page)
        for key in lists:
            found.setdefault(key, []).extend(page.get(key, []))
    assert found == {key: whole.get(key, []) for key in lists}
    assert sum(map(len, found.values())) == len(pages) or not any(found.values())
    assert len(pages) >= (1 if operation in FEW else 2)


@pytest.mark.parametrize("operation", PAGED)
def test_markers_of_others_are_refused(iam, operation):
    for marker in ["nonsense", "\u00ff", "Z" * 320, "Z" * 2049]:
        with pytest.raises(iam.exceptions.ClientError) as caught:
            getattr(iam, operation)(**PAGED[operation], Marker=marker)
        assert caught.value.response["Error"]["Code"] == "ValidationError", marker


def test_markers_of_long_names_lead_on(iam):
    """A path of 512 characters, and tag keys of 512 bytes that begin alike."""
    path = "/" + "p" * 510 + "/"
    keys = ["\U00020000" * 127 + last for last in "\U00020000\U00020001\U00020002"]
    for name in ["long-1", "long-2"]:
        iam.create_virtual_mfa_device(VirtualMFADeviceName=name, Path=path)
        iam.create_policy(PolicyName=name, PolicyDocument=DOCUMENT, Path=path, Tags=[{"Key": key, "Value": ""} for key in keys])
        iam.attach_role_policy(RoleName="paged-2", PolicyArn=arn(f"policy{path}{name}"))

    def paged(operation, key, **arguments):
        pages = iam.get_paginator(operation).paginate(**arguments, PaginationConfig={"PageSize": 1})
        return [item for page in pages for item in page[key]]

    assert [tag["Key"] for tag in paged("list_policy_tags", "Tags", PolicyArn=arn(f"policy{path}long-1"))] == keys
    assert len(paged("list_attached_role_policies", "AttachedPolicies", RoleName="paged-2")) == 2
    assert len([one for one in paged("list_virtual_mfa_devices", "VirtualMFADevices") if path in one["SerialNumber"]]) == 2
    assert len(paged("list_policies", "Policies", Scope="Local", PathPrefix=path)) == 2


def test_a_marker_belongs_to_its_list(iam):
    """As somebody met it who gave a marker of ListUsers to ListAccessKeys: https://github.com/trek10inc/awsets/pull/21."""
    marker = iam.list_users(PathPrefix="/paged/", MaxItems=1)["Marker"]
    assert iam.list_users(PathPrefix="/paged/", Marker=marker)["Users"]
    for operation in PAGED.keys() - {"list_users"}:
        with pytest.raises(iam.exceptions.ClientError) as caught:
            getattr(iam, operation)(**PAGED[operation], Marker=marker)
        error = caught.value.response["Error"]
        assert (error["Code"], error["Message"]) == ("ValidationError", "Invalid Marker."), operation


@pytest.mark.parametrize("kind, names, make", [
    ("instance_profile", {"InstanceProfileName": "awaited"}, lambda iam, names: iam.create_instance_profile(**names)),
    ("policy", {"PolicyArn": arn("policy/awaited")},
     lambda iam, _: iam.create_policy(PolicyName="awaited", PolicyDocument=DOCUMENT)),
    ("role", {"RoleName": "awaited"}, lambda iam, names: iam.create_role(**names, AssumeRolePolicyDocument=TRUST)),
    ("user", {"UserName": "awaited"}, lambda iam, names: iam.create_user(**names)),
])
def test_a_waiter_ends_when_it_is_there(iam, kind, names, make):
    asked, ended = threading.Event(), threading.Event()
    iam.meta.events.register_first(f"after-call.iam.Get{xform_to_pascal(kind)}", lambda **_: asked.set())

    def wait():
        iam.get_waiter(f"{kind}_exists").wait(**names, WaiterConfig={"Delay": 0, "MaxAttempts": 100_000})
        ended.set()

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    assert asked.wait(60) and not ended.is_set()
    make(iam, names)
    assert ended.wait(60)
    waiting.join()


def xform_to_pascal(name):
    return "".join(map(str.title, name.split("_")))
