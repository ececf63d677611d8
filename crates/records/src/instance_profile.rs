//! The record of an instance profile.

use bytes::Bytes;
use keyward_arn::{Path, UniqueId};
use keyward_directory::{InstanceProfile, InstanceProfileName, RoleName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::parts::{RawTags, parsed, raw_tags, tags};
use crate::{DecodeError, EncodeError};

const RECORD: &str = "instance profile";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawInstanceProfile {
    id: String,
    name: String,
    path: String,
    created: i64,
    tags: RawTags,
    role: Option<String>,
}

pub(crate) fn encode(profile: &InstanceProfile) -> Result<Bytes, EncodeError> {
    write(
        VERSION,
        &RawInstanceProfile {
            id: profile.id.to_string(),
            name: profile.name.to_string(),
            path: profile.path.to_string(),
            created: profile.created.unix_seconds(),
            tags: raw_tags(&profile.tags),
            role: profile.role.as_ref().map(RoleName::to_string),
        },
    )
}

pub(crate) fn decode(bytes: &[u8]) -> Result<InstanceProfile, DecodeError> {
    let raw: RawInstanceProfile = read(RECORD, VERSION, bytes)?;
    let role = raw.role.map(|role| parsed(RECORD, RoleName::parse(&role)));
    Ok(InstanceProfile {
        id: parsed(RECORD, UniqueId::parse(&raw.id))?,
        name: parsed(RECORD, InstanceProfileName::parse(&raw.name))?,
        path: parsed(RECORD, Path::parse(&raw.path))?,
        created: Timestamp::from_unix_seconds(raw.created),
        tags: tags(raw.tags),
        role: role.transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        let text = concat!(
            "\x01",
            r#"{"id":"AIPAIOSFODNN7EXAMPLE1","name":"Web","path":"/a/","created":1767225600,"#,
            r#""tags":[["Team","x"]],"role":"Deploy"}"#
        );
        let profile = decode(text.as_bytes()).unwrap();
        let role = profile.role.as_ref().map(RoleName::as_str);
        assert_eq!((profile.name.as_str(), role), ("Web", Some("Deploy")));
        assert_eq!(encode(&profile).unwrap(), text.as_bytes());
        let text = text.replace(r#""Deploy""#, "null");
        let profile = decode(text.as_bytes()).unwrap();
        assert_eq!(profile.role, None);
        assert_eq!(encode(&profile).unwrap(), text.as_bytes());
    }
}
