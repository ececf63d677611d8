//! The record of a user.

use bytes::Bytes;
use keyward_arn::{AccessKeyId, Path, UniqueId};
use keyward_directory::{AccessKey, AccessKeyStatus, PolicyArn, Timestamp, User, UserName};
use keyward_sigv4::SecretKey;
use serde::{Deserialize, Serialize};

use crate::codec::{malformed, read, write};
use crate::parts::{
    RawLoginProfile, attached, boundary, inline, login_profile, parsed, raw_login_profile, tags,
};
use crate::{DecodeError, EncodeError, UnsealError, Vault};

const RECORD: &str = "user";
/// Format 1 had no managed policies, boundary, groups, login profile and devices.
const VERSION: u8 = 2;

/// Written with `&str`, which spares a copy of every text, and read with `String`.
#[derive(Serialize, Deserialize)]
struct RawUser<S> {
    id: S,
    name: S,
    path: S,
    created: i64,
    tags: Vec<(S, S)>,
    keys: Vec<RawAccessKey>,
    inline: Vec<(S, usize)>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    attached: Vec<S>,
    #[serde(default = "no_text", skip_serializing_if = "Option::is_none")]
    boundary: Option<S>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    groups: Vec<S>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    login: Option<RawLoginProfile>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    devices: Vec<S>,
}

fn no_text<S>() -> Option<S> {
    None
}

/// An access key as the records of users and accounts keep it.
#[derive(Serialize, Deserialize)]
pub(crate) struct RawAccessKey {
    id: String,
    sealed: String,
    active: bool,
    created: i64,
}

impl RawAccessKey {
    /// Seals the secret for the place that the key's id names.
    pub(crate) fn seal(key: &AccessKey, vault: &Vault) -> Result<Self, UnsealError> {
        Ok(Self {
            id: key.id.to_string(),
            sealed: vault.seal(&place(key.id.as_str()), key.secret.expose().as_bytes())?,
            active: key.status == AccessKeyStatus::Active,
            created: key.created.unix_seconds(),
        })
    }

    /// Opens the secret.
    pub(crate) fn open(self, vault: &Vault) -> Result<AccessKey, DecodeError> {
        let secret = vault.open(&place(&self.id), &self.sealed)?;
        let secret =
            str::from_utf8(&secret).map_err(|_| malformed(RECORD, "a secret key is not text"))?;
        Ok(AccessKey {
            id: AccessKeyId::parse(&self.id).map_err(|error| malformed(RECORD, error))?,
            secret: SecretKey::new(secret.to_owned()),
            status: if self.active {
                AccessKeyStatus::Active
            } else {
                AccessKeyStatus::Inactive
            },
            created: Timestamp::from_unix_seconds(self.created),
        })
    }
}

fn place(id: &str) -> String {
    format!("access-key/{id}")
}

/// Writes a user's record.
///
/// # Errors
/// [`EncodeError`] where a secret can't be sealed.
pub(crate) fn encode_user(user: &User, vault: &Vault) -> Result<Bytes, EncodeError> {
    let keys = user
        .access_keys
        .iter()
        .map(|key| RawAccessKey::seal(key, vault));
    let (tags, inline) = (user.tags.iter(), user.inline_policies.iter());
    let attached = user.attached_policies.iter();
    write(
        VERSION,
        &RawUser {
            id: user.id.as_str(),
            name: user.name.as_str(),
            path: user.path.as_str(),
            created: user.created.unix_seconds(),
            tags: tags.map(|tag| (&*tag.key, &*tag.value)).collect(),
            keys: keys.collect::<Result<_, _>>()?,
            inline: inline.map(|(name, size)| (name.as_str(), size)).collect(),
            attached: attached.map(PolicyArn::as_str).collect(),
            boundary: user.permissions_boundary.as_ref().map(PolicyArn::as_str),
            groups: user.groups.iter().map(UniqueId::as_str).collect(),
            login: user.login_profile.as_ref().map(raw_login_profile),
            devices: user.mfa_devices.iter().map(String::as_str).collect(),
        },
    )
}

/// Reads a user's record.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record or a secret does not open.
pub(crate) fn decode_user(bytes: &[u8], vault: &Vault) -> Result<User, DecodeError> {
    let raw: RawUser<String> = read(RECORD, VERSION, bytes)?;
    let groups = raw.groups.iter();
    let groups = groups.map(|id| parsed(RECORD, UniqueId::parse(id)));
    Ok(User {
        id: parsed(RECORD, UniqueId::parse(&raw.id))?,
        name: parsed(RECORD, UserName::parse(&raw.name))?,
        path: parsed(RECORD, Path::parse(&raw.path))?,
        created: Timestamp::from_unix_seconds(raw.created),
        tags: tags(raw.tags),
        access_keys: raw
            .keys
            .into_iter()
            .map(|key| key.open(vault))
            .collect::<Result<_, _>>()?,
        inline_policies: inline(RECORD, raw.inline)?,
        attached_policies: attached(RECORD, raw.attached)?,
        permissions_boundary: boundary(RECORD, raw.boundary)?,
        groups: groups.collect::<Result<_, _>>()?,
        login_profile: raw.login.map(login_profile),
        mfa_devices: raw.devices,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MasterKey;
    use keyward_arn::AccountId;
    use keyward_directory::{
        EntityKind, InlinePolicyDocument, LoginProfile, NewUser, PasswordHash, PasswordReset,
        PolicyName, Tag,
    };

    fn vault() -> Vault {
        MasterKey::from_bytes([1; 32])
            .create_vault(AccountId::parse("111122223333").unwrap(), [2; 32])
            .unwrap()
    }

    fn sample() -> User {
        let account = AccountId::parse("111122223333").unwrap();
        let request = NewUser {
            name: UserName::parse("Alice").unwrap(),
            path: Path::parse("/a/").unwrap(),
            tags: vec![Tag {
                key: "Team".to_owned(),
                value: "x".to_owned(),
            }],
            permissions_boundary: PolicyArn::parse("arn:aws:iam::aws:policy/ReadOnlyAccess").ok(),
        };
        let now = Timestamp::from_unix_seconds(1_767_225_600);
        let mut user = User::create(account, None, request, [1; 8], now).unwrap();
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let document = InlinePolicyDocument::check(text).unwrap();
        let name = PolicyName::parse("p").unwrap();
        let inline = &mut user.inline_policies;
        inline
            .put(EntityKind::User, "Alice", &name, &document)
            .unwrap();
        let policy = PolicyArn::parse("arn:aws:iam::111122223333:policy/Work").unwrap();
        user.attached_policies
            .attach(EntityKind::User, &policy)
            .unwrap();
        user.groups
            .push(UniqueId::parse("AGPAIOSFODNN7EXAMPLE1").unwrap());
        user.mfa_devices
            .push("arn:aws:iam::111122223333:mfa/phone".to_owned());
        user.login_profile = Some(LoginProfile {
            password: PasswordHash::from_phc("$argon2id$x".to_owned()),
            created: now,
            changed: now,
            reset: PasswordReset::Required,
            last_used: Some(now),
            previous: vec![PasswordHash::from_phc("$argon2id$y".to_owned())],
        });
        AccessKey::add(
            &mut user.access_keys,
            AccessKey::mint(account, [5; 8], [6; 30], now),
        )
        .unwrap();
        user
    }

    #[test]
    fn reads_back() {
        let (vault, user) = (vault(), sample());
        let back = decode_user(&encode_user(&user, &vault).unwrap(), &vault).unwrap();
        assert_eq!(format!("{back:?}"), format!("{user:?}"));
        assert_eq!(back.login_profile, user.login_profile);
        assert_eq!(
            back.access_keys[0].secret.expose(),
            user.access_keys[0].secret.expose()
        );
    }

    #[test]
    fn the_first_released_format_stays_readable() {
        let text = concat!(
            "\x01",
            r#"{"id":"AIDAIOSFODNN7EXAMPLE1","name":"Alice","path":"/a/","created":1767225600,"#,
            r#""tags":[["Team","x"]],"keys":[],"inline":[["p",74]]}"#
        );
        let user = decode_user(text.as_bytes(), &vault()).unwrap();
        assert_eq!(
            (
                user.name.as_str(),
                user.path.as_str(),
                user.tags.iter().len()
            ),
            ("Alice", "/a/", 1)
        );
        assert_eq!(
            user.inline_policies.iter().next().map(|(_, size)| size),
            Some(74)
        );
    }
}
