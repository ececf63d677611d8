//! A request and a response without HTTP: what a shell hands in and gets back.

use std::net::IpAddr;

use bytes::Bytes;
use keyward_sigv4::Headers;
use keyward_store::Revision;

/// How the caller's bytes travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Without TLS.
    Plain,
    /// With TLS, so that `aws:SecureTransport` is true.
    Tls {
        /// Such as `TLSv1.3`.
        version: &'static str,
        /// Such as `TLS_AES_128_GCM_SHA256`.
        cipher: &'static str,
    },
}

/// One API request as it arrived; nothing in it is trusted.
pub struct Incoming<'a> {
    /// Such as `POST`.
    pub method: &'a str,
    /// The path exactly as received, such as `/`.
    pub path: &'a str,
    /// The query exactly as received, without its question mark.
    pub query: Option<&'a str>,
    /// HTTP/2's `:authority`; `None` in HTTP/1.1.
    pub authority: Option<&'a str>,
    /// All headers.
    pub headers: &'a dyn Headers,
    /// The body, whole; the shell bounds its size.
    pub body: &'a [u8],
    /// Where the connection comes from.
    pub source_ip: IpAddr,
    /// How it came.
    pub transport: Transport,
}

/// What to answer.
#[derive(Debug)]
pub struct Outgoing {
    /// The HTTP status.
    pub status: u16,
    /// The type of the body; `None` without one.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Bytes,
    /// For the `x-amzn-RequestId` header.
    pub request_id: RequestId,
    /// For the `x-keyward-revision` header: the revision that a write made or that a read saw.
    pub revision: Option<Revision>,
    /// Where a browser is sent that asks for no operation.
    pub location: Option<&'static str>,
    /// For the `x-keyward-authorization-message` header: what the policies refused by, for `DecodeAuthorizationMessage`.
    pub authorization_message: Option<String>,
    /// For the `x-keyward-authorization-id` header: what the details of the decision are kept under.
    pub authorization_id: Option<String>,
}

/// Why a request's body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It ended before its length, or was not encoded as its head says.
    Cut,
    /// It is larger than this.
    TooLarge {
        /// The most that is read.
        most_bytes: usize,
    },
    /// It did not arrive in this time.
    TooSlow {
        /// The time that a body may take.
        most_seconds: u64,
    },
}

/// The id of a request, a UUID in its text form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId([u8; 36]);

impl RequestId {
    /// Makes a version 4 UUID from 16 random bytes.
    #[must_use]
    pub fn from_random(mut random: [u8; 16]) -> Self {
        random[6] = (random[6] & 0x0f) | 0x40;
        random[8] = (random[8] & 0x3f) | 0x80;
        let mut text = [b'-'; 36];
        // Each byte has its own place: the groups have 4, 2, 2, 2 and 6 bytes, and a hyphen stays between two.
        let places = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
        for (byte, place) in random.iter().zip(places) {
            if let Some([high, low]) = text.get_mut(place..place + 2) {
                (*high, *low) = (digit(byte >> 4), digit(byte & 15));
            }
        }
        Self(text)
    }

    /// Returns the 36 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Returns the hexadecimal digit of a number below 16.
fn digit(number: u8) -> u8 {
    match number {
        0..10 => b'0' + number,
        _ => b'a' - 10 + number,
    }
}

impl std::fmt::Debug for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_4_uuids() {
        for (random, text) in [
            ([0; 16], "00000000-0000-4000-8000-000000000000"),
            ([255; 16], "ffffffff-ffff-4fff-bfff-ffffffffffff"),
            ([0x1a; 16], "1a1a1a1a-1a1a-4a1a-9a1a-1a1a1a1a1a1a"),
        ] {
            assert_eq!(RequestId::from_random(random).as_str(), text);
        }
    }
}
