"""What is in the way when a user is deleted, one thing after the other."""

import time

import pytest

from test_account import code
from test_credentials import make
from test_pages import DOCUMENT

GONE = "Cannot delete entity, must "


def test_everything_that_a_user_has_is_named_in_turn(server, tmp_path):
    iam = server.client("iam")
    pair = make(tmp_path)
    iam.create_user(UserName="full")
    iam.create_group(GroupName="full")
    iam.add_user_to_group(GroupName="full", UserName="full")
    iam.attach_user_policy(UserName="full", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.put_user_policy(UserName="full", PolicyName="p", PolicyDocument=DOCUMENT)
    iam.create_login_profile(UserName="full", Password="correct-Horse-1")
    key = iam.create_access_key(UserName="full")["AccessKey"]["AccessKeyId"]
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="full")["VirtualMFADevice"]
    serial, seed, now = device["SerialNumber"], device["Base32StringSeed"], time.time()
    iam.enable_mfa_device(
        UserName="full", SerialNumber=serial, AuthenticationCode1=code(seed, now - 30), AuthenticationCode2=code(seed, now))
    certificate = iam.upload_signing_certificate(UserName="full", CertificateBody=pair["cert"])["Certificate"]["CertificateId"]
    ssh = iam.upload_ssh_public_key(UserName="full", SSHPublicKeyBody=pair["public"])["SSHPublicKey"]["SSHPublicKeyId"]
    credential = iam.create_service_specific_credential(
        UserName="full", ServiceName="codecommit.amazonaws.com")["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
    steps = [
        ("detach all policies first.",
         lambda: iam.detach_user_policy(UserName="full", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")),
        ("delete policies first.", lambda: iam.delete_user_policy(UserName="full", PolicyName="p")),
        ("remove users from group first.", lambda: iam.remove_user_from_group(GroupName="full", UserName="full")),
        ("delete login profile first.", lambda: iam.delete_login_profile(UserName="full")),
        ("delete access keys first.", lambda: iam.delete_access_key(UserName="full", AccessKeyId=key)),
        ("delete MFA device first.", lambda: iam.deactivate_mfa_device(UserName="full", SerialNumber=serial)),
        ("delete certificates first.", lambda: iam.delete_signing_certificate(UserName="full", CertificateId=certificate)),
        ("remove referenced objects first.", lambda: iam.delete_ssh_public_key(UserName="full", SSHPublicKeyId=ssh)),
        ("remove referenced objects first.",
         lambda: iam.delete_service_specific_credential(UserName="full", ServiceSpecificCredentialId=credential)),
    ]
    for text, undo in steps:
        with pytest.raises(iam.exceptions.DeleteConflictException) as caught:
            iam.delete_user(UserName="full")
        assert caught.value.response["Error"]["Message"] == GONE + text
        undo()
    iam.delete_user(UserName="full")
    # A device outlives the user that had it.
    assert serial in [one["SerialNumber"] for one in iam.list_virtual_mfa_devices()["VirtualMFADevices"]]
