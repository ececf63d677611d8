//! The record of the deletions of a service-linked role.

use bytes::Bytes;
use keyward_arn::Path;
use keyward_directory::{RoleDeletion, RoleName};
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::parts::parsed;
use crate::{DecodeError, EncodeError};

const RECORD: &str = "role deletion";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawRoleDeletion {
    role: String,
    path: String,
    task: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<String>,
}

pub(crate) fn encode(deletion: &RoleDeletion) -> Result<Bytes, EncodeError> {
    write(
        VERSION,
        &RawRoleDeletion {
            role: deletion.role.to_string(),
            path: deletion.path.to_string(),
            task: deletion.task.clone(),
            earlier: deletion.earlier.clone(),
        },
    )
}

pub(crate) fn decode(bytes: &[u8]) -> Result<RoleDeletion, DecodeError> {
    let raw: RawRoleDeletion = read(RECORD, VERSION, bytes)?;
    Ok(RoleDeletion {
        role: parsed(RECORD, RoleName::parse(&raw.role))?,
        path: parsed(RECORD, Path::parse(&raw.path))?,
        task: raw.task,
        earlier: raw.earlier,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        let text = concat!(
            "\x01",
            r#"{"role":"AWSServiceRoleForECS","path":"/aws-service-role/ecs.amazonaws.com/","#,
            r#""task":"ec720f7a-c0ba-4838-be33-f72e1873dd52"}"#
        );
        let deletion = decode(text.as_bytes()).unwrap();
        assert_eq!(deletion.role.as_str(), "AWSServiceRoleForECS");
        assert_eq!(encode(&deletion).unwrap(), text.as_bytes());
    }

    #[test]
    fn earlier_deletions_are_kept() {
        let text = concat!(
            "\x01",
            r#"{"role":"AWSServiceRoleForECS","path":"/aws-service-role/ecs.amazonaws.com/","#,
            r#""task":"third","earlier":["first","second"]}"#
        );
        let deletion = decode(text.as_bytes()).unwrap();
        assert_eq!(deletion.earlier, ["first", "second"]);
        assert_eq!(encode(&deletion).unwrap(), text.as_bytes());
    }
}
