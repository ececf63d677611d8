"""Certificates, SSH keys, service-specific credentials, identity providers and delegation through boto3."""

import subprocess

import pytest
from botocore.exceptions import ClientError


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def openssl(folder, *arguments):
    ran = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def make(folder):
    """Makes a key, its certificate and its public key."""
    openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
            "-days", "30", "-subj", "/CN=keyward.test")
    public = openssl(folder, "rsa", "-in", "key.pem", "-pubout")
    return {"key": (folder / "key.pem").read_text(), "cert": (folder / "cert.pem").read_text(), "public": public}


def metadata(cert):
    """Returns the metadata of a SAML identity provider that signs by a certificate."""
    body = "".join(line for line in cert.splitlines() if "-----" not in line)
    return f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example/saml">
      <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
        <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
          <ds:X509Certificate>{body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
        <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
          Location="https://idp.example/sso"/>
      </md:IDPSSODescriptor></md:EntityDescriptor>"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def iam(server):
    iam = server.client("iam")
    iam.create_user(UserName="holder")
    return iam


def test_ssh_public_keys(iam, made):
    key = iam.upload_ssh_public_key(UserName="holder", SSHPublicKeyBody=made["public"])["SSHPublicKey"]
    name = {"UserName": "holder", "SSHPublicKeyId": key["SSHPublicKeyId"]}
    shown = iam.get_ssh_public_key(**name, Encoding="SSH")["SSHPublicKey"]
    assert shown["SSHPublicKeyBody"].startswith("ssh-rsa ") and shown["Fingerprint"] == key["Fingerprint"]
    assert len(key["Fingerprint"]) == 47 or len(key["Fingerprint"]) == 48
    iam.update_ssh_public_key(**name, Status="Inactive")
    assert [found["Status"] for found in iam.list_ssh_public_keys(UserName="holder")["SSHPublicKeys"]] == ["Inactive"]
    assert refused(iam.upload_ssh_public_key, UserName="holder", SSHPublicKeyBody=made["public"]) == "DuplicateSSHPublicKey"
    iam.delete_ssh_public_key(**name)
    assert refused(iam.delete_ssh_public_key, **name) == "NoSuchEntity"


def test_signing_certificates(iam, made):
    answer = iam.upload_signing_certificate(UserName="holder", CertificateBody=made["cert"])["Certificate"]
    name = {"UserName": "holder", "CertificateId": answer["CertificateId"]}
    iam.update_signing_certificate(**name, Status="Inactive")
    assert [found["Status"] for found in iam.list_signing_certificates(UserName="holder")["Certificates"]] == ["Inactive"]
    assert refused(iam.upload_signing_certificate, UserName="holder", CertificateBody="garbage") == "MalformedCertificate"
    iam.delete_signing_certificate(**name)


def test_server_certificates(iam, made):
    name = {"ServerCertificateName": "web"}
    iam.upload_server_certificate(**name, CertificateBody=made["cert"], PrivateKey=made["key"])
    iam.tag_server_certificate(**name, Tags=[{"Key": "Team", "Value": "x"}])
    assert iam.list_server_certificate_tags(**name)["Tags"] == [{"Key": "Team", "Value": "x"}]
    iam.untag_server_certificate(**name, TagKeys=["Team"])
    shown = iam.get_server_certificate(**name)["ServerCertificate"]
    assert shown["CertificateBody"].strip() == made["cert"].strip() and "PrivateKey" not in shown
    iam.update_server_certificate(**name, NewServerCertificateName="www")
    listed = iam.list_server_certificates()["ServerCertificateMetadataList"]
    assert [found["ServerCertificateName"] for found in listed] == ["www"]
    iam.delete_server_certificate(ServerCertificateName="www")
    assert refused(iam.get_server_certificate, ServerCertificateName="www") == "NoSuchEntity"


def test_service_specific_credentials(iam):
    made = iam.create_service_specific_credential(UserName="holder", ServiceName="codecommit.amazonaws.com")
    credential = made["ServiceSpecificCredential"]
    name = {"UserName": "holder", "ServiceSpecificCredentialId": credential["ServiceSpecificCredentialId"]}
    again = iam.reset_service_specific_credential(**name)["ServiceSpecificCredential"]
    assert again["ServicePassword"] != credential["ServicePassword"]
    iam.update_service_specific_credential(**name, Status="Inactive")
    listed = iam.list_service_specific_credentials(UserName="holder")["ServiceSpecificCredentials"]
    assert [found["Status"] for found in listed] == ["Inactive"] and "ServicePassword" not in listed[0]
    iam.delete_service_specific_credential(**name)


def test_oidc_providers(iam):
    arn = iam.create_open_id_connect_provider(Url="https://idp.example/realm", ClientIDList=["one"])["OpenIDConnectProviderArn"]
    name = {"OpenIDConnectProviderArn": arn}
    iam.add_client_id_to_open_id_connect_provider(**name, ClientID="two")
    iam.remove_client_id_from_open_id_connect_provider(**name, ClientID="one")
    iam.update_open_id_connect_provider_thumbprint(**name, ThumbprintList=["a" * 40])
    iam.tag_open_id_connect_provider(**name, Tags=[{"Key": "Team", "Value": "x"}])
    assert iam.list_open_id_connect_provider_tags(**name)["Tags"] == [{"Key": "Team", "Value": "x"}]
    iam.untag_open_id_connect_provider(**name, TagKeys=["Team"])
    shown = iam.get_open_id_connect_provider(**name)
    assert (shown["Url"], shown["ClientIDList"], shown["ThumbprintList"]) == ("idp.example/realm", ["two"], ["a" * 40])
    assert {"Arn": arn} in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert refused(iam.create_open_id_connect_provider, Url="https://idp.example/realm") == "EntityAlreadyExists"
    iam.delete_open_id_connect_provider(**name)


def test_saml_providers(iam, made):
    document = metadata(made["cert"])
    arn = iam.create_saml_provider(SAMLMetadataDocument=document, Name="idp")["SAMLProviderArn"]
    iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=document)
    iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "Team", "Value": "x"}])
    assert iam.list_saml_provider_tags(SAMLProviderArn=arn)["Tags"] == [{"Key": "Team", "Value": "x"}]
    iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=["Team"])
    assert iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"] == document
    assert [found["Arn"] for found in iam.list_saml_providers()["SAMLProviderList"]] == [arn]
    iam.delete_saml_provider(SAMLProviderArn=arn)


def test_delegation_is_for_partners(iam):
    unknown = {"DelegationRequestId": "d" * 20}
    for call in (iam.accept_delegation_request, iam.associate_delegation_request, iam.get_delegation_request,
                 iam.reject_delegation_request, iam.send_delegation_token, iam.update_delegation_request):
        assert refused(call, **unknown) == "NoSuchEntity"
    assert iam.list_delegation_requests()["DelegationRequests"] == []
    code = refused(iam.create_delegation_request, Description="d", RequestorWorkflowId="w" * 5,
                   Permissions={"PolicyTemplateArn": "arn:aws:iam::aws:delegation-template/x"},
                   NotificationChannel="arn:aws:sns:us-east-1:111122223333:c", SessionDuration=900)
    assert code == "AccessDenied"
    entity = "arn:aws:iam::111122223333:delegation-request/" + unknown["DelegationRequestId"]
    assert refused(iam.get_human_readable_summary, EntityArn=entity) == "NoSuchEntity"
