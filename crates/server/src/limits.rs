//! Bounds of the network side.

use std::time::Duration;

/// The largest request body. The largest parameter served so far is a policy document of 131,072 characters, of which
/// percent-encoding makes at most 786,432 bytes.
pub(crate) const BODY_BYTES: usize = 1024 * 1024;
/// The largest request head; a larger one is answered by 431.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;
/// The most header fields; more are answered by 431.
pub(crate) const HEADERS: usize = 100;
/// How long a connection may take to send a head, or sit idle between requests.
pub(crate) const HEAD_TIME: Duration = Duration::from_secs(60);
/// How long a body may take.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(20);
/// How long a TLS handshake may take.
pub(crate) const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Connections at a time; further ones wait in the listener's queue.
pub(crate) const CONNECTIONS: usize = 10_000;
/// How long requests under way may take to end once the program is told to stop.
pub(crate) const GRACE: Duration = Duration::from_secs(10);
/// The longest line of an operator's command. The largest part is the registration of a FIDO device, 32 KiB, of which
/// escaping makes at most six times as much.
pub(crate) const ADMIN_LINE_BYTES: u64 = 256 * 1024;
/// Connections of an endpoint for one machine at a time; further ones wait in the listener's queue.
pub(crate) const LOCAL_CONNECTIONS: usize = 256;
/// The largest request head of such an endpoint. The least that the HTTP library takes.
pub(crate) const LOCAL_HEAD_BYTES: usize = 8 * 1024;
/// How long before their end credentials for containers are renewed, in seconds.
pub(crate) const CONTAINER_RENEWED_BEFORE: i64 = 300;
/// How long after a failure they are not asked for again, in seconds.
pub(crate) const CONTAINER_RETRY_AFTER: i64 = 10;
/// The longest life of a token of the instance metadata service, in seconds: six hours, as in EC2.
pub(crate) const IMDS_TOKEN_SECONDS: u32 = 21_600;
/// Tokens of the instance metadata service at a time; the one that ends first goes before another is made.
pub(crate) const IMDS_TOKENS: usize = 4096;
