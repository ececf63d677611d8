//! The record of an OIDC provider.

use bytes::Bytes;
use keyward_directory::{OidcProvider, ProviderUrl, Timestamp};
use serde::{Deserialize, Serialize};

use crate::codec::{read, write};
use crate::parts::{RawTags, parsed, raw_tags, tags};
use crate::{DecodeError, EncodeError};

const RECORD: &str = "OIDC provider";
const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct RawOidcProvider {
    url: String,
    client_ids: Vec<String>,
    thumbprints: Vec<String>,
    created: i64,
    tags: RawTags,
}

pub(crate) fn encode(provider: &OidcProvider) -> Result<Bytes, EncodeError> {
    write(
        VERSION,
        &RawOidcProvider {
            url: provider.url.to_string(),
            client_ids: provider.client_ids.clone(),
            thumbprints: provider.thumbprints.clone(),
            created: provider.created.unix_seconds(),
            tags: raw_tags(&provider.tags),
        },
    )
}

pub(crate) fn decode(bytes: &[u8]) -> Result<OidcProvider, DecodeError> {
    let raw: RawOidcProvider = read(RECORD, VERSION, bytes)?;
    Ok(OidcProvider {
        url: parsed(RECORD, ProviderUrl::from_arn(&raw.url))?,
        client_ids: raw.client_ids,
        thumbprints: raw.thumbprints,
        created: Timestamp::from_unix_seconds(raw.created),
        tags: tags(raw.tags),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_released_format_reads_and_writes_back() {
        let text = concat!(
            "\x01",
            r#"{"url":"idp.example/a","client_ids":["sts.amazonaws.com"],"#,
            r#""thumbprints":["990f4193972f2becf12ddeda5237f9c952f20d9e"],"created":1767225600,"#,
            r#""tags":[["Team","x"]]}"#
        );
        let provider = decode(text.as_bytes()).unwrap();
        assert_eq!(provider.url.as_str(), "idp.example/a");
        assert_eq!(encode(&provider).unwrap(), text.as_bytes());
    }
}
