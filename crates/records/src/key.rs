//! Where each record stands in the store.

use bytes::Bytes;
use keyward_arn::{AccessKeyId, AccountId, Path, UniqueId};
use keyward_directory::{
    AccountAlias, DeviceName, EntityKind, FidoSerial, GroupName, Holder, InstanceProfileName,
    ManagedPolicyName, PolicyArn, PolicyName, PolicyUsage, ProviderUrl, RoleName, SamlProviderName,
    ServerCertificateName, UserName,
};

/// The key of a record.
///
/// All of one account but the account itself stands under `c/<account>/`, its cell, so that cells can be told apart
/// by prefix alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordKey {
    /// `a/<account>`: the account and its root user.
    Account(AccountId),
    /// `alias/<alias>`: whose alias it is; one in the whole installation.
    Alias(AccountAlias),
    /// `c/<account>/…`: anything else.
    Cell(AccountId, Cell),
    /// `issuer/<id>`: whose issuer of web identity tokens it is; ids are UUIDs.
    Issuer(String),
}

/// The key of a record within its account. Names in it are in the form that uniqueness goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// `accessed/<principal id>`: what a user or role has called.
    Accesses(UniqueId),
    /// `access-job/<job id>`: a job that tells what was called.
    AccessJob(String),
    /// `used/<access key id>`: the last use of an access key.
    AccessKeyUse(AccessKeyId),
    /// `attached/<policy>/<usage>/<kind>/<name>`: that an entity uses a managed policy.
    Attachment(Attachment),
    /// `count/…`: how many there are of something.
    Count(Counter),
    /// `report/state`: how far the credential report is.
    CredentialReport,
    /// `report/part/<number>`: a part of the credential report.
    CredentialReportPart(u32),
    /// `fido-credential/<digest of its id>`: which FIDO device a credential is of.
    FidoCredential(String),
    /// `u2f/<serial>`: a FIDO device.
    FidoDevice(FidoSerial),
    /// `group/<name>`: a group.
    Group(String),
    /// `group-id/<group id>`: the name that a group of an id has now, as a link.
    GroupById(UniqueId),
    /// `identity/keys`: the keys by which the account's issuer signs web identity tokens.
    IdentityKeys,
    /// `<kind>-policy/<entity id>/<name>`: the document of an inline policy.
    InlinePolicy(EntityKind, UniqueId, PolicyName),
    /// `instance-profile/<name>`: an instance profile.
    InstanceProfile(String),
    /// `policy/<name>`: a customer managed policy without its documents.
    ManagedPolicy(String),
    /// `policy-version/<policy id>/<number>`: the document of a version of a customer managed policy.
    ManagedPolicyVersion(UniqueId, u32),
    /// `member/<group id>/<user name>`: that a user is in a group.
    Member(UniqueId, String),
    /// `oidc-provider/<url without scheme>`: an OIDC provider.
    OidcProvider(ProviderUrl),
    /// `revoked-session/<access key id>`: that a session is revoked.
    RevokedSession(AccessKeyId),
    /// `role/<name>`: a role.
    Role(String),
    /// `role-deletion/<name>`: the last deletions of a service-linked role of that name.
    RoleDeletion(String),
    /// `settings/account`: the settings of the account.
    Settings,
    /// `saml-provider/<name>`: a SAML provider without its metadata document.
    SamlProvider(String),
    /// `server-certificate/<name>`: a server certificate without its chain.
    ServerCertificate(String),
    /// `signing-certificate/<fingerprint>`: that a user, or the root user, has a signing certificate.
    SigningCertificate(String),
    /// `text/<entity id>/<number>`: a part of a long text that belongs to an entity.
    TextPart(UniqueId, u32),
    /// `user/<name>`: a user.
    User(String),
    /// `credentials/<user id>` or `credentials/root`: what a user has besides access keys, password and devices.
    UserCredentials(Holder),
    /// `mfa<path><name>`: a virtual MFA device.
    VirtualMfaDevice(Path, DeviceName),
}

/// That an entity uses a managed policy, seen from the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The policy's [`PolicyArn::key`].
    pub policy: String,
    /// As what it is used.
    pub usage: PolicyUsage,
    /// What uses it.
    pub kind: EntityKind,
    /// The entity's name.
    pub name: String,
}

/// What is counted, so that quotas and deletions need no scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counter {
    /// `attached/<policy>/<usage>`: the entities that use a managed policy.
    Attachments(String, PolicyUsage),
    /// `u2f`: the FIDO devices of the account.
    FidoDevices,
    /// `group`: the groups of the account.
    Groups,
    /// `instance-profile`: the instance profiles of the account.
    InstanceProfiles,
    /// `policy`: the customer managed policies of the account.
    ManagedPolicies,
    /// `policy-version`: the versions of all customer managed policies of the account.
    ManagedPolicyVersions,
    /// `member/<group id>`: the users in a group.
    Members(UniqueId),
    /// `oidc-provider`: the OIDC providers of the account.
    OidcProviders,
    /// `role`: the roles of the account.
    Roles,
    /// `u2f/root`: the FIDO devices of the root user.
    RootFidoDevices,
    /// `saml-provider`: the SAML providers of the account.
    SamlProviders,
    /// `server-certificate`: the server certificates of the account.
    ServerCertificates,
    /// `user`: the users of the account.
    Users,
    /// `mfa`: the virtual MFA devices of the account.
    VirtualMfaDevices,
}

/// The kinds of record that are listed: each has a prefix of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The jobs that tell what was called, oldest first.
    AccessJobs,
    /// The counters of the entities that use managed policies.
    AttachmentCounts,
    /// The entities that use a managed policy.
    Attachments(String),
    /// The groups.
    Groups,
    /// The instance profiles.
    InstanceProfiles,
    /// The customer managed policies.
    ManagedPolicies,
    /// The users in a group.
    Members(UniqueId),
    /// The OIDC providers.
    OidcProviders,
    /// The sessions that are revoked.
    RevokedSessions,
    /// The roles.
    Roles,
    /// The FIDO devices of the root user.
    RootFidoDevices,
    /// The SAML providers.
    SamlProviders,
    /// The server certificates.
    ServerCertificates,
    /// The records of users' other credentials.
    UserCredentials,
    /// The users.
    Users,
    /// The virtual MFA devices.
    VirtualMfaDevices,
}

impl Cell {
    /// Returns the place of the group that has a name.
    #[must_use]
    pub fn group(name: &GroupName) -> Self {
        Self::Group(name.folded())
    }

    /// Returns the place of the instance profile that has a name.
    #[must_use]
    pub fn instance_profile(name: &InstanceProfileName) -> Self {
        Self::InstanceProfile(name.folded())
    }

    /// Returns the place of the customer managed policy that has a name.
    #[must_use]
    pub fn managed_policy(name: &ManagedPolicyName) -> Self {
        Self::ManagedPolicy(name.folded())
    }

    /// Returns the place of the role that has a name.
    #[must_use]
    pub fn role(name: &RoleName) -> Self {
        Self::Role(name.folded())
    }

    /// Returns the place of the last deletions of the service-linked role that had a name.
    #[must_use]
    pub fn role_deletion(name: &RoleName) -> Self {
        Self::RoleDeletion(name.folded())
    }

    /// Returns the place of the SAML provider that has a name.
    #[must_use]
    pub fn saml_provider(name: &SamlProviderName) -> Self {
        Self::SamlProvider(name.folded())
    }

    /// Returns the place of the server certificate that has a name.
    #[must_use]
    pub fn server_certificate(name: &ServerCertificateName) -> Self {
        Self::ServerCertificate(name.folded())
    }

    /// Returns the place of the user that has a name.
    #[must_use]
    pub fn user(name: &UserName) -> Self {
        Self::User(name.folded())
    }

    /// Returns the key in an account.
    #[must_use]
    pub fn of(self, account: AccountId) -> RecordKey {
        RecordKey::Cell(account, self)
    }
}

impl Attachment {
    /// Says that an entity uses a policy.
    #[must_use]
    pub fn new(policy: &PolicyArn, usage: PolicyUsage, kind: EntityKind, folded: String) -> Self {
        Self {
            policy: policy.key(),
            usage,
            kind,
            name: folded,
        }
    }
}

impl Counter {
    /// Returns the counter of the entities that use a managed policy.
    #[must_use]
    pub fn attachments(policy: &PolicyArn, usage: PolicyUsage) -> Self {
        Self::Attachments(policy.key(), usage)
    }
}

impl Kind {
    /// Returns the prefix of all records of the kind in an account.
    #[must_use]
    pub fn prefix(&self, account: AccountId) -> Bytes {
        match self {
            Self::AccessJobs => format!("c/{account}/access-job/"),
            Self::AttachmentCounts => format!("c/{account}/count/attached/"),
            Self::Attachments(policy) => format!("c/{account}/attached/{policy}/"),
            Self::Groups => format!("c/{account}/group/"),
            Self::InstanceProfiles => format!("c/{account}/instance-profile/"),
            Self::ManagedPolicies => format!("c/{account}/policy/"),
            Self::Members(group) => format!("c/{account}/member/{group}/"),
            Self::OidcProviders => format!("c/{account}/oidc-provider/"),
            Self::Roles => format!("c/{account}/role/"),
            Self::RevokedSessions => format!("c/{account}/revoked-session/"),
            Self::RootFidoDevices => format!("c/{account}/u2f/root/"),
            Self::SamlProviders => format!("c/{account}/saml-provider/"),
            Self::ServerCertificates => format!("c/{account}/server-certificate/"),
            Self::UserCredentials => format!("c/{account}/credentials/"),
            Self::Users => format!("c/{account}/user/"),
            Self::VirtualMfaDevices => format!("c/{account}/mfa/"),
        }
        .into()
    }
}

impl RecordKey {
    /// Returns the prefix that all accounts share.
    #[must_use]
    pub fn accounts() -> Bytes {
        Bytes::from_static(b"a/")
    }

    /// Returns the prefix of all records of an account.
    #[must_use]
    pub fn cell(account: AccountId) -> Bytes {
        format!("c/{account}/").into()
    }

    /// Returns the key's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        // Every read and write makes keys: one buffer, and no formatting.
        let mut key = String::with_capacity(128);
        match self {
            Self::Account(account) => {
                key.push_str("a/");
                account.append_to(&mut key);
            }
            Self::Alias(alias) => append(&mut key, ["alias/", alias.as_str()]),
            Self::Cell(account, cell) => {
                key.push_str("c/");
                account.append_to(&mut key);
                key.push('/');
                append_cell(&mut key, cell);
            }
            Self::Issuer(id) => append(&mut key, ["issuer/", id]),
        }
        Bytes::copy_from_slice(key.as_bytes())
    }

    /// Reads a key's bytes; `None` for a key that this version does not know.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?;
        if let Some(account) = text.strip_prefix("a/") {
            return AccountId::parse(account).ok().map(Self::Account);
        }
        if let Some(alias) = text.strip_prefix("alias/") {
            return AccountAlias::parse(alias).ok().map(Self::Alias);
        }
        if let Some(id) = text.strip_prefix("issuer/") {
            return (!id.is_empty()).then(|| Self::Issuer(id.to_owned()));
        }
        let (account, rest) = text.strip_prefix("c/")?.split_once('/')?;
        let account = AccountId::parse(account).ok()?;
        decode_cell(rest).map(|cell| Self::Cell(account, cell))
    }
}

/// Appends texts one after the other.
fn append<const N: usize>(out: &mut String, parts: [&str; N]) {
    for part in parts {
        out.push_str(part);
    }
}

fn append_cell(out: &mut String, cell: &Cell) {
    let mut digits = itoa::Buffer::new();
    match cell {
        Cell::Accesses(principal) => append(out, ["accessed/", principal.as_str()]),
        Cell::AccessJob(id) => append(out, ["access-job/", id]),
        Cell::AccessKeyUse(id) => append(out, ["used/", id.as_str()]),
        Cell::Attachment(attachment) => append_attachment(out, attachment),
        Cell::Count(counter) => append_counter(out, counter),
        Cell::CredentialReport => out.push_str("report/state"),
        Cell::CredentialReportPart(number) => append(out, ["report/part/", digits.format(*number)]),
        Cell::FidoCredential(digest) => append(out, ["fido-credential/", digest]),
        Cell::FidoDevice(serial) => append(out, ["u2f/", serial.as_str()]),
        Cell::Group(name) => append(out, ["group/", name]),
        Cell::GroupById(id) => append(out, ["group-id/", id.as_str()]),
        Cell::IdentityKeys => out.push_str("identity/keys"),
        Cell::InlinePolicy(kind, id, name) => append(
            out,
            [kind.as_str(), "-policy/", id.as_str(), "/", name.as_str()],
        ),
        Cell::InstanceProfile(name) => append(out, ["instance-profile/", name]),
        Cell::ManagedPolicy(name) => append(out, ["policy/", name]),
        Cell::ManagedPolicyVersion(id, number) => append(
            out,
            ["policy-version/", id.as_str(), "/", digits.format(*number)],
        ),
        Cell::Member(group, user) => append(out, ["member/", group.as_str(), "/", user]),
        Cell::OidcProvider(url) => append(out, ["oidc-provider/", url.as_str()]),
        Cell::RevokedSession(id) => append(out, ["revoked-session/", id.as_str()]),
        Cell::Role(name) => append(out, ["role/", name]),
        Cell::RoleDeletion(name) => append(out, ["role-deletion/", name]),
        Cell::Settings => out.push_str("settings/account"),
        Cell::SamlProvider(name) => append(out, ["saml-provider/", name]),
        Cell::ServerCertificate(name) => append(out, ["server-certificate/", name]),
        Cell::SigningCertificate(fingerprint) => append(out, ["signing-certificate/", fingerprint]),
        Cell::TextPart(id, number) => {
            append(out, ["text/", id.as_str(), "/", digits.format(*number)]);
        }
        Cell::User(name) => append(out, ["user/", name]),
        Cell::UserCredentials(Holder::Root) => out.push_str("credentials/root"),
        Cell::UserCredentials(Holder::User(id)) => append(out, ["credentials/", id.as_str()]),
        Cell::VirtualMfaDevice(path, name) => append(out, ["mfa", path.as_str(), name.as_str()]),
    }
}

fn append_attachment(out: &mut String, attachment: &Attachment) {
    let Attachment {
        policy,
        usage,
        kind,
        name,
    } = attachment;
    let (usage, kind) = (usage.as_str(), kind.as_str());
    append(out, ["attached/", policy, "/", usage, "/", kind, "/", name]);
}

fn append_counter(out: &mut String, counter: &Counter) {
    match counter {
        Counter::Attachments(policy, usage) => {
            append(out, ["count/attached/", policy, "/", usage.as_str()]);
        }
        Counter::FidoDevices => out.push_str("count/u2f"),
        Counter::Groups => out.push_str("count/group"),
        Counter::InstanceProfiles => out.push_str("count/instance-profile"),
        Counter::ManagedPolicies => out.push_str("count/policy"),
        Counter::ManagedPolicyVersions => out.push_str("count/policy-version"),
        Counter::Members(group) => append(out, ["count/member/", group.as_str()]),
        Counter::OidcProviders => out.push_str("count/oidc-provider"),
        Counter::Roles => out.push_str("count/role"),
        Counter::RootFidoDevices => out.push_str("count/u2f/root"),
        Counter::SamlProviders => out.push_str("count/saml-provider"),
        Counter::ServerCertificates => out.push_str("count/server-certificate"),
        Counter::Users => out.push_str("count/user"),
        Counter::VirtualMfaDevices => out.push_str("count/mfa"),
    }
}

fn decode_cell(text: &str) -> Option<Cell> {
    let (kind, rest) = text.split_once('/')?;
    match kind {
        "access-job" => Some(Cell::AccessJob(rest.to_owned())),
        "accessed" => UniqueId::parse(rest).ok().map(Cell::Accesses),
        "attached" => decode_attachment(rest).map(Cell::Attachment),
        "count" => decode_counter(rest).map(Cell::Count),
        "credentials" => Some(Cell::UserCredentials(match rest {
            "root" => Holder::Root,
            id => Holder::User(UniqueId::parse(id).ok()?),
        })),
        "fido-credential" => Some(Cell::FidoCredential(rest.to_owned())),
        "group" => Some(Cell::Group(rest.to_owned())),
        "group-id" => UniqueId::parse(rest).ok().map(Cell::GroupById),
        "group-policy" => decode_inline(EntityKind::Group, rest),
        "identity" => (rest == "keys").then_some(Cell::IdentityKeys),
        "instance-profile" => Some(Cell::InstanceProfile(rest.to_owned())),
        "member" => {
            let (group, user) = rest.split_once('/')?;
            Some(Cell::Member(UniqueId::parse(group).ok()?, user.to_owned()))
        }
        "mfa" => {
            let (path, name) = text.strip_prefix("mfa")?.rsplit_once('/')?;
            let path = Path::parse(&format!("{path}/")).ok()?;
            Some(Cell::VirtualMfaDevice(path, DeviceName::parse(name).ok()?))
        }
        "oidc-provider" => ProviderUrl::from_arn(rest).ok().map(Cell::OidcProvider),
        "policy" => Some(Cell::ManagedPolicy(rest.to_owned())),
        "policy-version" => {
            let (policy, number) = rest.split_once('/')?;
            let policy = UniqueId::parse(policy).ok()?;
            Some(Cell::ManagedPolicyVersion(policy, number.parse().ok()?))
        }
        "report" => match rest.strip_prefix("part/") {
            Some(number) => number.parse().ok().map(Cell::CredentialReportPart),
            None => (rest == "state").then_some(Cell::CredentialReport),
        },
        "revoked-session" => AccessKeyId::parse(rest).ok().map(Cell::RevokedSession),
        "role" => Some(Cell::Role(rest.to_owned())),
        "role-deletion" => Some(Cell::RoleDeletion(rest.to_owned())),
        "role-policy" => decode_inline(EntityKind::Role, rest),
        "settings" => (rest == "account").then_some(Cell::Settings),
        "saml-provider" => Some(Cell::SamlProvider(rest.to_owned())),
        "server-certificate" => Some(Cell::ServerCertificate(rest.to_owned())),
        "signing-certificate" => Some(Cell::SigningCertificate(rest.to_owned())),
        "text" => {
            let (id, number) = rest.split_once('/')?;
            Some(Cell::TextPart(
                UniqueId::parse(id).ok()?,
                number.parse().ok()?,
            ))
        }
        "u2f" => FidoSerial::parse(rest).map(Cell::FidoDevice),
        "used" => AccessKeyId::parse(rest).ok().map(Cell::AccessKeyUse),
        "user" => Some(Cell::User(rest.to_owned())),
        "user-policy" => decode_inline(EntityKind::User, rest),
        _ => None,
    }
}

fn decode_inline(kind: EntityKind, text: &str) -> Option<Cell> {
    let (id, name) = text.split_once('/')?;
    let (id, name) = (UniqueId::parse(id).ok()?, PolicyName::parse(name).ok()?);
    Some(Cell::InlinePolicy(kind, id, name))
}

fn decode_attachment(text: &str) -> Option<Attachment> {
    let mut parts = text.splitn(4, '/');
    Some(Attachment {
        policy: parts.next()?.to_owned(),
        usage: PolicyUsage::parse(parts.next()?)?,
        kind: EntityKind::parse(parts.next()?)?,
        name: parts.next()?.to_owned(),
    })
}

fn decode_counter(text: &str) -> Option<Counter> {
    Some(match text.split_once('/') {
        None => match text {
            "group" => Counter::Groups,
            "instance-profile" => Counter::InstanceProfiles,
            "mfa" => Counter::VirtualMfaDevices,
            "policy" => Counter::ManagedPolicies,
            "policy-version" => Counter::ManagedPolicyVersions,
            "oidc-provider" => Counter::OidcProviders,
            "role" => Counter::Roles,
            "saml-provider" => Counter::SamlProviders,
            "server-certificate" => Counter::ServerCertificates,
            "u2f" => Counter::FidoDevices,
            "user" => Counter::Users,
            _ => return None,
        },
        Some(("attached", rest)) => {
            let (policy, usage) = rest.rsplit_once('/')?;
            Counter::Attachments(policy.to_owned(), PolicyUsage::parse(usage)?)
        }
        Some(("u2f", "root")) => Counter::RootFidoDevices,
        Some(("member", group)) => Counter::Members(UniqueId::parse(group).ok()?),
        Some(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back() {
        let account = AccountId::parse("111122223333").unwrap();
        let name = DeviceName::parse("phone").unwrap();
        let id = UniqueId::parse("AIDAIOSFODNN7EXAMPLE1").unwrap();
        let own = PolicyArn::parse("arn:aws:iam::111122223333:policy/p/Own").unwrap();
        let aws = PolicyArn::parse("arn:aws:iam::aws:policy/job-function/Billing").unwrap();
        let mut cells = vec![
            Cell::Accesses(id.clone()),
            Cell::AccessJob("019b76da-a800-7fff-bfff-ffffffffffff".to_owned()),
            Cell::CredentialReport,
            Cell::CredentialReportPart(12),
            Cell::Settings,
            Cell::AccessKeyUse(AccessKeyId::parse("AKIAIOSFODNN7EXAMPLE").unwrap()),
            Cell::FidoCredential("0a1b".to_owned()),
            Cell::Group("admins".to_owned()),
            Cell::InstanceProfile("web".to_owned()),
            Cell::GroupById(id.clone()),
            Cell::IdentityKeys,
            Cell::ManagedPolicy("own".to_owned()),
            Cell::ManagedPolicyVersion(id.clone(), 12),
            Cell::Member(id.clone(), "alice".to_owned()),
            Cell::OidcProvider(ProviderUrl::parse("https://idp.example/a/b").unwrap()),
            Cell::OidcProvider(ProviderUrl::parse("https://idp.example/").unwrap()),
            Cell::RevokedSession(AccessKeyId::parse("ASIAIOSFODNN7EXAMPLE").unwrap()),
            Cell::Role("deploy".to_owned()),
            Cell::RoleDeletion("awsserviceroleforecs".to_owned()),
            Cell::SamlProvider("idp".to_owned()),
            Cell::ServerCertificate("web".to_owned()),
            Cell::SigningCertificate("0a1b".to_owned()),
            Cell::TextPart(id.clone(), 3),
            Cell::User("alice".to_owned()),
            Cell::UserCredentials(Holder::Root),
            Cell::UserCredentials(Holder::User(id.clone())),
            Cell::VirtualMfaDevice(Path::default(), name.clone()),
            Cell::VirtualMfaDevice(Path::parse("/a/b/").unwrap(), name),
        ];
        for serial in [
            "root/k-AAAAAAAAAAAAAAAAAAAAAAAAAA",
            "user/a/k-AAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            cells.push(Cell::FidoDevice(FidoSerial::parse(serial).unwrap()));
        }
        for kind in EntityKind::ALL {
            let policy = PolicyName::parse("p").unwrap();
            cells.push(Cell::InlinePolicy(kind, id.clone(), policy));
            for (policy, usage) in [(&own, PolicyUsage::Attached), (&aws, PolicyUsage::Boundary)] {
                let name = "some.name".to_owned();
                cells.push(Cell::Attachment(Attachment::new(policy, usage, kind, name)));
            }
        }
        let counters = [
            Counter::attachments(&own, PolicyUsage::Boundary),
            Counter::attachments(&aws, PolicyUsage::Attached),
            Counter::FidoDevices,
            Counter::Groups,
            Counter::ManagedPolicies,
            Counter::ManagedPolicyVersions,
            Counter::Members(id),
            Counter::OidcProviders,
            Counter::Roles,
            Counter::RootFidoDevices,
            Counter::SamlProviders,
            Counter::ServerCertificates,
            Counter::Users,
            Counter::VirtualMfaDevices,
        ];
        cells.extend(counters.map(Cell::Count));
        let keys = cells.into_iter().map(|cell| RecordKey::Cell(account, cell));
        let alias = RecordKey::Alias(AccountAlias::parse("my-company").unwrap());
        let issuer = RecordKey::Issuer("019b76da-a800-7fff-bfff-ffffffffffff".to_owned());
        for key in keys.chain([RecordKey::Account(account), alias, issuer]) {
            assert_eq!(RecordKey::decode(&key.encode()), Some(key));
        }
        for text in [
            "",
            "a/",
            "alias/",
            "alias/Not-One",
            "c/111122223333/report/future",
            "c/111122223333/settings/future",
            "c/111122223333/",
            "c/111122223333/future/x",
            "c/111122223333/count/future",
            "c/111122223333/count/u2f/user",
            "c/111122223333/u2f/user/a/k",
            "m/format",
        ] {
            assert_eq!(RecordKey::decode(text.as_bytes()), None, "{text}");
        }
    }
}
