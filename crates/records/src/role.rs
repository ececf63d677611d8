//! The record of a role.

use bytes::Bytes;
use keyward_arn::{Path, UniqueId};
use keyward_directory::{PolicyArn, Role, RoleName, Timestamp, TrustPolicy};
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::parts::{
    RawInline, RawTags, attached, boundary, inline, parsed, raw_attached, raw_inline, raw_tags,
    tags,
};
use crate::{DecodeError, EncodeError};

const RECORD: &str = "role";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawRole {
    id: String,
    name: String,
    path: String,
    created: i64,
    description: Option<String>,
    max_session_duration: u32,
    trust: String,
    tags: RawTags,
    inline: RawInline,
    attached: Vec<String>,
    boundary: Option<String>,
    instance_profiles: Vec<String>,
}

pub(crate) fn encode(role: &Role) -> Result<Bytes, EncodeError> {
    write(
        VERSION,
        &RawRole {
            id: role.id.to_string(),
            name: role.name.to_string(),
            path: role.path.to_string(),
            created: role.created.unix_seconds(),
            description: role.description.clone(),
            max_session_duration: role.max_session_duration,
            trust: role.trust_policy.as_str().to_owned(),
            tags: raw_tags(&role.tags),
            inline: raw_inline(&role.inline_policies),
            attached: raw_attached(&role.attached_policies),
            boundary: role.permissions_boundary.as_ref().map(PolicyArn::to_string),
            instance_profiles: role.instance_profiles.clone(),
        },
    )
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Role, DecodeError> {
    let raw: RawRole = read(RECORD, VERSION, bytes)?;
    Ok(Role {
        id: parsed(RECORD, UniqueId::parse(&raw.id))?,
        name: parsed(RECORD, RoleName::parse(&raw.name))?,
        path: parsed(RECORD, Path::parse(&raw.path))?,
        created: Timestamp::from_unix_seconds(raw.created),
        description: raw.description,
        max_session_duration: raw.max_session_duration,
        trust_policy: TrustPolicy::from_bound(raw.trust),
        tags: tags(raw.tags),
        inline_policies: inline(RECORD, raw.inline)?,
        attached_policies: attached(RECORD, raw.attached)?,
        permissions_boundary: boundary(RECORD, raw.boundary)?,
        instance_profiles: raw.instance_profiles,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        let text = concat!(
            "\x01",
            r#"{"id":"AROAIOSFODNN7EXAMPLE1","name":"Deploy","path":"/a/","created":1767225600,"#,
            r#""description":"d","max_session_duration":3600,"trust":"{}","tags":[["Team","x"]],"#,
            r#""inline":[["p",74]],"attached":["arn:aws:iam::111122223333:policy/Work"],"#,
            r#""boundary":"arn:aws:iam::aws:policy/ReadOnlyAccess","instance_profiles":["web"]}"#
        );
        let role = decode(text.as_bytes()).unwrap();
        assert_eq!(
            (role.name.as_str(), role.trust_policy.as_str()),
            ("Deploy", "{}")
        );
        assert_eq!(encode(&role).unwrap(), text.as_bytes());
    }
}
