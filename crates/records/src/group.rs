//! The record of a group.

use bytes::Bytes;
use keyward_arn::{Path, UniqueId};
use keyward_directory::{Group, GroupName, Timestamp};
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::parts::{RawInline, attached, inline, parsed, raw_attached, raw_inline};
use crate::{DecodeError, EncodeError};

const RECORD: &str = "group";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawGroup {
    id: String,
    name: String,
    path: String,
    created: i64,
    inline: RawInline,
    attached: Vec<String>,
}

pub(crate) fn encode(group: &Group) -> Result<Bytes, EncodeError> {
    write(
        VERSION,
        &RawGroup {
            id: group.id.to_string(),
            name: group.name.to_string(),
            path: group.path.to_string(),
            created: group.created.unix_seconds(),
            inline: raw_inline(&group.inline_policies),
            attached: raw_attached(&group.attached_policies),
        },
    )
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Group, DecodeError> {
    let raw: RawGroup = read(RECORD, VERSION, bytes)?;
    Ok(Group {
        id: parsed(RECORD, UniqueId::parse(&raw.id))?,
        name: parsed(RECORD, GroupName::parse(&raw.name))?,
        path: parsed(RECORD, Path::parse(&raw.path))?,
        created: Timestamp::from_unix_seconds(raw.created),
        inline_policies: inline(RECORD, raw.inline)?,
        attached_policies: attached(RECORD, raw.attached)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        let text = concat!(
            "\x01",
            r#"{"id":"AGPAIOSFODNN7EXAMPLE1","name":"Admins","path":"/a/","created":1767225600,"#,
            r#""inline":[["p",74]],"attached":["arn:aws:iam::aws:policy/ReadOnlyAccess"]}"#
        );
        let group = decode(text.as_bytes()).unwrap();
        assert_eq!(
            (group.name.as_str(), group.path.as_str()),
            ("Admins", "/a/")
        );
        assert_eq!(encode(&group).unwrap(), text.as_bytes());
    }
}
