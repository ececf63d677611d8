//! The record of a customer managed policy; its documents are records of their own.

use bytes::Bytes;
use keyward_arn::{Path, UniqueId};
use keyward_directory::{ManagedPolicy, ManagedPolicyName, PolicyVersion, Timestamp};
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::parts::{RawTags, parsed, raw_tags, tags};
use crate::{DecodeError, EncodeError};

const RECORD: &str = "managed policy";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawManagedPolicy {
    id: String,
    name: String,
    path: String,
    description: Option<String>,
    created: i64,
    updated: i64,
    tags: RawTags,
    versions: Vec<(u32, i64)>,
    default: u32,
    next: u32,
}

pub(crate) fn encode(policy: &ManagedPolicy) -> Result<Bytes, EncodeError> {
    let versions = policy.versions.iter();
    write(
        VERSION,
        &RawManagedPolicy {
            id: policy.id.to_string(),
            name: policy.name.to_string(),
            path: policy.path.to_string(),
            description: policy.description.clone(),
            created: policy.created.unix_seconds(),
            updated: policy.updated.unix_seconds(),
            tags: raw_tags(&policy.tags),
            versions: versions
                .map(|version| (version.number, version.created.unix_seconds()))
                .collect(),
            default: policy.default_version,
            next: policy.next_version,
        },
    )
}

pub(crate) fn decode(bytes: &[u8]) -> Result<ManagedPolicy, DecodeError> {
    let raw: RawManagedPolicy = read(RECORD, VERSION, bytes)?;
    let versions = raw.versions.into_iter();
    Ok(ManagedPolicy {
        id: parsed(RECORD, UniqueId::parse(&raw.id))?,
        name: parsed(RECORD, ManagedPolicyName::parse(&raw.name))?,
        path: parsed(RECORD, Path::parse(&raw.path))?,
        description: raw.description,
        created: Timestamp::from_unix_seconds(raw.created),
        updated: Timestamp::from_unix_seconds(raw.updated),
        tags: tags(raw.tags),
        versions: versions
            .map(|(number, created)| PolicyVersion {
                number,
                created: Timestamp::from_unix_seconds(created),
            })
            .collect(),
        default_version: raw.default,
        next_version: raw.next,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        let text = concat!(
            "\x01",
            r#"{"id":"ANPAIOSFODNN7EXAMPLE1","name":"Work","path":"/","description":null,"#,
            r#""created":1767225600,"updated":1767225601,"tags":[["Team","x"]],"#,
            r#""versions":[[1,1767225600],[3,1767225601]],"default":3,"next":4}"#
        );
        let policy = decode(text.as_bytes()).unwrap();
        assert_eq!((policy.default_version, policy.versions.len()), (3, 2));
        assert_eq!(encode(&policy).unwrap(), text.as_bytes());
    }
}
