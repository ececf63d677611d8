//! Calls made from the model's own descriptors: what every operation accepts, and what none does.

use std::fmt::Write as _;

use keyward_testkit::ACCOUNT;
use keyward_wire::{Kind, Operation, Shape};

/// Parameters of a call, not encoded.
pub(crate) type Parameters = Vec<(String, String)>;

/// Returns a value that a shape lets through, as a form writes it.
pub(crate) fn sample(name: &str, shape: &Shape) -> Parameters {
    let filled = |text: &str| vec![(name.to_owned(), text.to_owned())];
    match &shape.kind {
        Kind::Boolean => filled("true"),
        Kind::Enumeration(values) => filled(values.first().copied().unwrap_or_default()),
        Kind::Integer => filled(&shape.min.unwrap_or(1).to_string()),
        Kind::List(inner) => sample(&format!("{name}.member.1"), inner),
        Kind::Map { key, value } => {
            let mut entry = sample(&format!("{name}.entry.1.key"), key);
            entry.extend(sample(&format!("{name}.entry.1.value"), value));
            entry
        }
        Kind::Structure(members) | Kind::Union(members) => {
            let required = members().iter().filter(|member| member.required);
            required
                .flat_map(|member| sample(&format!("{name}.{}", member.name), member.shape))
                .collect()
        }
        Kind::String => filled(&text(name, shape)),
    }
}

/// Texts by the name of the parameter, then by length.
fn text(name: &str, shape: &Shape) -> String {
    if let Some(known) = known(name) {
        return known;
    }
    let length = usize::try_from(shape.min.unwrap_or(1).max(1)).unwrap_or(1);
    let candidates = [
        "a".repeat(length),
        "1".repeat(length),
        "/".to_owned(),
        "https://a.example".to_owned(),
    ];
    let fits = |candidate: &&String| {
        shape
            .pattern
            .is_none_or(|pattern| pattern.matches(candidate))
    };
    candidates.iter().find(fits).cloned().unwrap_or_default()
}

/// Well-formed texts; whatever is named is called `target`.
fn known(name: &str) -> Option<String> {
    let arn = |resource: &str| format!("arn:aws:iam::{ACCOUNT}:{resource}");
    let text = match name {
        "AWSServiceName" => "ecs.amazonaws.com",
        "AccessKeyId" => "AKIAABSENT0000000000",
        "AccountAlias"
        | "ClientID"
        | "GroupName"
        | "InstanceProfileName"
        | "Name"
        | "PolicyName"
        | "RoleName"
        | "RoleSessionName"
        | "ServerCertificateName"
        | "UserName"
        | "VirtualMFADeviceName" => "target",
        "ActionNames.member.1" => "iam:GetUser",
        "Arn" | "PolicySourceArn" => return Some(arn("user/target")),
        "AssumeRolePolicyDocument" => TRUST_POLICY,
        "SigningAlgorithm" => "RS256",
        "CertificateBody" => include_str!("../../../directory/src/pki/fixtures/leaf.pem"),
        "DelegationRequestId" => "dr-0123456789abcdef",
        "DeletionTaskId" => {
            "task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/00000000-0000-4000-8000-000000000000"
        }
        "EntityArn" => return Some(arn("delegation-request/dr-0123456789abcdef")),
        "EntityPath" => "o-a1b2c3d4e5/r-a1b2",
        "JobId" => "00000000-0000-4000-8000-000000000000",
        "NewPassword" | "OldPassword" | "Password" => "Target-password-1",
        "NotificationChannel" => "arn:aws:sns:us-east-1:111122223333:topic",
        "OpenIDConnectProviderArn" => return Some(arn("oidc-provider/target.example")),
        "Permissions.PolicyTemplateArn" => "arn:aws:iam:::delegation-template/target",
        "PermissionsBoundary" | "PolicyArn" => return Some(arn("policy/target")),
        "PolicyDocument" | "PolicyInputList.member.1" => {
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#
        }
        "PrivateKey" => include_str!("../../../directory/src/pki/fixtures/leaf.key.pem"),
        "Properties.entry.1.key" => "N/p",
        "RoleArn" => return Some(arn("role/target")),
        "SAMLMetadataDocument" => return Some(metadata()),
        "PrincipalArn" | "SAMLProviderArn" => return Some(arn("saml-provider/target")),
        "SSHPublicKeyBody" => include_str!("../../../directory/src/pki/fixtures/ssh.pem"),
        "SerialNumber" => return Some(arn("mfa/target")),
        "ServiceName" => "codecommit.amazonaws.com",
        "ServiceNamespace" | "ServiceNamespaces.member.1" => "iam",
        "TemplateArn" => "arn:aws:iam::aws:role-template/ecs.amazonaws.com/target:1",
        "ThumbprintList.member.1" => "990f4193972f2becf12ddeda5237f9c952f20d9e",
        "Url" => "https://target.example",
        // The first version is the default one, which can't be deleted.
        "VersionId" => "v2",
        _ => return None,
    };
    Some(text.to_owned())
}

/// A trust policy.
pub(crate) const TRUST_POLICY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}"#;

/// Returns a metadata document of a SAML identity provider.
fn metadata() -> String {
    let certificate = include_str!("../../../directory/src/pki/fixtures/leaf.pem");
    let lines = certificate.lines().filter(|line| !line.starts_with('-'));
    let certificate: String = lines.collect();
    format!(
        r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example/saml"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>"#
    )
}

/// Returns the parameters that an operation requires, with values that the model lets through.
pub(crate) fn required(operation: Operation) -> Parameters {
    let members = operation.facts().members().iter();
    let required = members.filter(|member| member.required);
    required
        .flat_map(|member| sample(member.name, member.shape))
        .collect()
}

/// Writes a call as a form.
pub(crate) fn form(operation: Operation, parameters: &[(String, String)]) -> String {
    let mut form = format!(
        "Action={}&Version={}",
        operation.name(),
        operation.service().version()
    );
    for (name, value) in parameters {
        let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let _ = write!(form, "&{name}={value}");
    }
    form
}
