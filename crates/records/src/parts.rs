//! The parts that several records share: tags, names of policies, passwords.

use std::fmt::Display;

use keyward_directory::{
    AttachedPolicies, InlinePolicies, LoginProfile, PasswordHash, PasswordReset, PolicyArn,
    PolicyName, PrivateKey, Tag, Tags, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::codec::malformed;
use crate::{DecodeError, UnsealError, Vault};

/// Tags as records keep them.
pub(crate) type RawTags = Vec<(String, String)>;

/// Names and sizes of inline policies as records keep them.
pub(crate) type RawInline = Vec<(String, usize)>;

/// Writes tags.
pub(crate) fn raw_tags(tags: &Tags) -> RawTags {
    tags.iter()
        .map(|tag| (tag.key.clone(), tag.value.clone()))
        .collect()
}

/// Reads tags.
pub(crate) fn tags(raw: RawTags) -> Tags {
    Tags::from_stored(
        raw.into_iter()
            .map(|(key, value)| Tag { key, value })
            .collect(),
    )
}

/// Writes names and sizes of inline policies.
pub(crate) fn raw_inline(policies: &InlinePolicies) -> RawInline {
    policies
        .iter()
        .map(|(name, size)| (name.to_string(), size))
        .collect()
}

/// Reads names and sizes of inline policies.
pub(crate) fn inline(record: &'static str, raw: RawInline) -> Result<InlinePolicies, DecodeError> {
    let read =
        |(name, size): (String, usize)| Ok((parsed(record, PolicyName::parse(&name))?, size));
    let read: Result<Vec<_>, DecodeError> = raw.into_iter().map(read).collect();
    Ok(InlinePolicies::from_stored(read?))
}

/// Writes the ARNs of attached policies.
pub(crate) fn raw_attached(policies: &AttachedPolicies) -> Vec<String> {
    policies.iter().map(PolicyArn::to_string).collect()
}

/// Reads the ARNs of attached policies.
pub(crate) fn attached(
    record: &'static str,
    raw: Vec<String>,
) -> Result<AttachedPolicies, DecodeError> {
    let read = |arn: String| parsed(record, PolicyArn::parse(&arn));
    let read: Result<Vec<_>, DecodeError> = raw.into_iter().map(read).collect();
    Ok(AttachedPolicies::from_stored(read?))
}

/// Reads the ARN of a permissions boundary.
pub(crate) fn boundary(
    record: &'static str,
    raw: Option<String>,
) -> Result<Option<PolicyArn>, DecodeError> {
    raw.map(|arn| parsed(record, PolicyArn::parse(&arn)))
        .transpose()
}

/// Names the record in which a text can't be parsed.
pub(crate) fn parsed<T, E: Display>(
    record: &'static str,
    result: Result<T, E>,
) -> Result<T, DecodeError> {
    result.map_err(|error| malformed(record, error))
}

/// A login profile as users' records keep it; hashes need no sealing.
#[derive(Serialize, Deserialize)]
pub(crate) struct RawLoginProfile {
    password: String,
    created: i64,
    changed: i64,
    reset_required: bool,
    last_used: Option<i64>,
    previous: Vec<String>,
}

/// Writes a login profile.
pub(crate) fn raw_login_profile(profile: &LoginProfile) -> RawLoginProfile {
    RawLoginProfile {
        password: profile.password.expose().to_owned(),
        created: profile.created.unix_seconds(),
        changed: profile.changed.unix_seconds(),
        reset_required: profile.reset == PasswordReset::Required,
        last_used: profile.last_used.map(Timestamp::unix_seconds),
        previous: profile
            .previous
            .iter()
            .map(|hash| hash.expose().to_owned())
            .collect(),
    }
}

/// Reads a login profile.
pub(crate) fn login_profile(raw: RawLoginProfile) -> LoginProfile {
    LoginProfile {
        password: PasswordHash::from_phc(raw.password),
        created: Timestamp::from_unix_seconds(raw.created),
        changed: Timestamp::from_unix_seconds(raw.changed),
        reset: if raw.reset_required {
            PasswordReset::Required
        } else {
            PasswordReset::NotRequired
        },
        last_used: raw.last_used.map(Timestamp::from_unix_seconds),
        previous: raw
            .previous
            .into_iter()
            .map(PasswordHash::from_phc)
            .collect(),
    }
}

/// Seals a private key for one place of the account.
pub(crate) fn seal_private_key(
    vault: &Vault,
    place: &str,
    key: &PrivateKey,
) -> Result<String, UnsealError> {
    vault.seal(place, key.expose().as_bytes())
}

/// Opens a private key that was sealed for the same place.
pub(crate) fn open_private_key(
    record: &'static str,
    vault: &Vault,
    place: &str,
    sealed: &str,
) -> Result<PrivateKey, DecodeError> {
    let bytes = vault.open(place, sealed)?;
    let text =
        str::from_utf8(&bytes).map_err(|_| malformed(record, "a private key is not text"))?;
    Ok(PrivateKey::from_stored(text.to_owned()))
}
