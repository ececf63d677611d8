//! The records that say who is in a group and what uses a managed policy: the entity's name and id.

use bytes::Bytes;
use keyward_arn::UniqueId;
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::parts::parsed;
use crate::{DecodeError, EncodeError};

const RECORD: &str = "link";
const VERSION: u8 = 1;

/// An entity as the other end of a link knows it, so that lists need not read the entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The entity's name, in the case that it was given.
    pub name: String,
    /// The entity's unique id.
    pub id: UniqueId,
    /// The entity's path.
    pub path: String,
}

#[derive(Serialize, Deserialize)]
struct RawLink {
    name: String,
    id: String,
    path: String,
}

/// Writes a link.
///
/// # Errors
/// [`EncodeError`] where serialization fails.
pub fn encode_link(link: &Link) -> Result<Bytes, EncodeError> {
    write(
        VERSION,
        &RawLink {
            name: link.name.clone(),
            id: link.id.to_string(),
            path: link.path.clone(),
        },
    )
}

/// Reads a link.
///
/// # Errors
/// [`DecodeError`] where the bytes are no such record.
pub fn decode_link(bytes: &[u8]) -> Result<Link, DecodeError> {
    let raw: RawLink = read(RECORD, VERSION, bytes)?;
    Ok(Link {
        name: raw.name,
        id: parsed(RECORD, UniqueId::parse(&raw.id))?,
        path: raw.path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        let text = "\x01{\"name\":\"Alice\",\"id\":\"AIDAIOSFODNN7EXAMPLE1\",\"path\":\"/a/\"}";
        let link = decode_link(text.as_bytes()).unwrap();
        assert_eq!((link.name.as_str(), link.path.as_str()), ("Alice", "/a/"));
        assert_eq!(encode_link(&link).unwrap(), text.as_bytes());
    }
}
