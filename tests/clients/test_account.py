"""Passwords, MFA devices, account settings and reports through boto3."""

import base64
import csv
import hmac
import io
import struct
import time

import pytest
from botocore.exceptions import ClientError

from keyward import ACCOUNT


def refused(call, **parameters):
    """Returns status, code and message of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def code(seed, moment):
    """Computes a one-time password (RFC 6238) from the seed as CreateVirtualMFADevice shows it."""
    digest = hmac.digest(base64.b32decode(seed), struct.pack(">Q", int(moment // 30)), "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start:start + 4])[0] & 0x7fffffff) % 1_000_000:06}"


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def make_user(server, iam, name):
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return server.client("iam", key["AccessKeyId"], key["SecretAccessKey"])


def test_login_profiles(server, iam):
    user = make_user(server, iam, "pat")
    assert refused(iam.get_login_profile, UserName="pat") == (
        404, "NoSuchEntity", "Login Profile for User pat cannot be found.")
    assert refused(iam.create_login_profile, UserName="pat", Password="weak") == (
        400, "PasswordPolicyViolation", "Password does not conform to the account password policy.")
    made = iam.create_login_profile(UserName="pat", Password="correct-Horse-1", PasswordResetRequired=True)
    assert (made["LoginProfile"]["UserName"], made["LoginProfile"]["PasswordResetRequired"]) == ("pat", True)
    assert refused(iam.create_login_profile, UserName="pat", Password="correct-Horse-1")[:2] == (
        409, "EntityAlreadyExists")
    assert refused(user.change_password, OldPassword="correct-Horse-1", NewPassword="other-Horse-1")[1] == "AccessDenied"
    iam.update_account_password_policy(AllowUsersToChangePassword=True, PasswordReusePrevention=2)
    assert refused(user.change_password, OldPassword="wrong", NewPassword="other-Horse-1") == (
        403, "AccessDenied", "The old password was incorrect.")
    user.change_password(OldPassword="correct-Horse-1", NewPassword="other-Horse-1")
    assert refused(user.change_password, OldPassword="other-Horse-1", NewPassword="correct-Horse-1")[1] == (
        "PasswordPolicyViolation")
    assert user.get_account_password_policy()["PasswordPolicy"] == {
        "MinimumPasswordLength": 6, "RequireSymbols": False, "RequireNumbers": False,
        "RequireUppercaseCharacters": False, "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": True, "ExpirePasswords": False, "PasswordReusePrevention": 2}
    iam.delete_account_password_policy()
    assert refused(iam.get_account_password_policy) == (
        404, "NoSuchEntity", f"The Password Policy with domain name {ACCOUNT} cannot be found.")
    assert iam.get_login_profile(UserName="pat")["LoginProfile"]["PasswordResetRequired"] is False
    iam.update_login_profile(UserName="pat", Password="third-Horse-1", PasswordResetRequired=True)
    iam.delete_login_profile(UserName="pat")
    assert refused(iam.change_password, OldPassword="abcdefgh", NewPassword="bcdefghi")[:2] == (400, "InvalidUserType")


def test_mfa_devices(server, iam):
    iam.create_user(UserName="mia")
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="mia-phone")["VirtualMFADevice"]
    seed, serial = made["Base32StringSeed"], made["SerialNumber"]
    now = time.time()
    enable = {"UserName": "mia", "SerialNumber": serial}
    assert refused(iam.enable_mfa_device, **enable, AuthenticationCode1="000000", AuthenticationCode2="000000") == (
        403, "InvalidAuthenticationCode", "Authentication code for device is not valid.")
    iam.enable_mfa_device(**enable, AuthenticationCode1=code(seed, now), AuthenticationCode2=code(seed, now + 30))
    device = iam.list_mfa_devices(UserName="mia")["MFADevices"]
    assert [(one["UserName"], one["SerialNumber"]) for one in device] == [("mia", serial)]
    listed = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert [(one["SerialNumber"], one["User"]["UserName"]) for one in listed] == [(serial, "mia")]
    assert listed[0]["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/mia"
    assert listed[0]["EnableDate"] == device[0]["EnableDate"]
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=serial)[:2] == (409, "DeleteConflict")
    assert refused(iam.delete_user, UserName="mia") == (
        409, "DeleteConflict", "Cannot delete entity, must delete MFA device first.")
    iam.resync_mfa_device(**enable, AuthenticationCode1=code(seed, now + 60), AuthenticationCode2=code(seed, now + 90))
    iam.tag_mfa_device(SerialNumber=serial, Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}])
    iam.untag_mfa_device(SerialNumber=serial, TagKeys=["b"])
    assert iam.list_mfa_device_tags(SerialNumber=serial)["Tags"] == [{"Key": "a", "Value": "2"}]
    assert refused(iam.get_mfa_device, SerialNumber=serial, UserName="mia")[:2] == (404, "NoSuchEntity")
    iam.deactivate_mfa_device(UserName="mia", SerialNumber=serial)
    assert refused(iam.deactivate_mfa_device, UserName="mia", SerialNumber=serial) == (
        404, "NoSuchEntity", "MFA Device invalid for user.")
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    iam.delete_user(UserName="mia")


def test_account_settings(iam):
    iam.create_account_alias(AccountAlias="my-company")
    assert refused(iam.create_account_alias, AccountAlias="my-company") == (
        409, "EntityAlreadyExists", "The account alias my-company already exists.")
    iam.create_account_alias(AccountAlias="our-company")
    assert iam.list_account_aliases()["AccountAliases"] == ["our-company"]
    assert refused(iam.delete_account_alias, AccountAlias="my-company")[:2] == (404, "NoSuchEntity")
    iam.delete_account_alias(AccountAlias="our-company")
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.put_account_properties(Properties={"Billing/Center": "42"})
    assert iam.get_account_properties()["Properties"] == {"Billing/Center": "42"}
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    issuer = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    info = iam.get_outbound_web_identity_federation_info()
    assert (info["IssuerIdentifier"], info["JwtVendingEnabled"]) == (issuer, True)
    assert refused(iam.enable_outbound_web_identity_federation)[:2] == (409, "FeatureEnabled")
    iam.disable_outbound_web_identity_federation()
    assert refused(iam.get_outbound_web_identity_federation_info)[:2] == (404, "FeatureDisabled")
    for call in (iam.list_organizations_features, iam.enable_organizations_root_sessions,
                 iam.disable_organizations_root_sessions, iam.enable_organizations_root_credentials_management,
                 iam.disable_organizations_root_credentials_management):
        assert refused(call)[:2] == (400, "OrganizationNotFoundException")
    path = "o-a1b2c3d4e5/r-f6g7h8i9j0example"
    assert refused(iam.generate_organizations_access_report, EntityPath=path)[1] == "OrganizationNotFoundException"
    assert refused(iam.get_organizations_access_report, JobId="0" * 36)[:2] == (404, "NoSuchEntity")


def test_credential_report(iam):
    assert refused(iam.get_credential_report)[:2] == (410, "ReportNotPresent")
    assert iam.generate_credential_report()["State"] == "STARTED"
    while iam.generate_credential_report()["State"] != "COMPLETE":
        time.sleep(0.1)
    report = iam.get_credential_report()
    assert report["ReportFormat"] == "text/csv"
    rows = list(csv.DictReader(io.StringIO(report["Content"].decode())))
    assert rows[0]["user"] == "<root_account>" and rows[0]["access_key_1_active"] == "true"
    names = [row["user"] for row in rows[1:]]
    assert names == sorted(user["UserName"] for user in iam.list_users()["Users"])


def test_service_last_accessed(server, iam):
    user = make_user(server, iam, "sue")
    iam.put_user_policy(UserName="sue", PolicyName="p", PolicyDocument=(
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:List*","Resource":"*"}}'))
    user.list_users()
    arn = f"arn:aws:iam::{ACCOUNT}:user/sue"
    job = iam.generate_service_last_accessed_details(Arn=arn, Granularity="ACTION_LEVEL")["JobId"]
    details = iam.get_service_last_accessed_details(JobId=job)
    assert (details["JobStatus"], details["JobType"]) == ("COMPLETED", "ACTION_LEVEL")
    [service] = details["ServicesLastAccessed"]
    assert (service["ServiceNamespace"], service["LastAuthenticatedEntity"]) == ("iam", arn)
    used = [one["ActionName"] for one in service["TrackedActionsLastAccessed"] if "LastAccessedTime" in one]
    assert used == ["ListUsers"]
    entities = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="iam")
    assert [one["EntityInfo"]["Name"] for one in entities["EntityDetailsList"]] == ["sue"]
    assert refused(iam.get_service_last_accessed_details, JobId="0" * 36)[:2] == (404, "NoSuchEntity")
