//! Bounds on the work that one request can cause, each with its source.
//!
//! The size of the request line, the number and size of headers and the size of the body are bounded by the server.

/// How far a request's time may lie from the server's, in minutes.
///
/// SOURCE: spec/signing.md §5 "window": 15 minutes for IAM, STS and S3.
pub const SKEW_MINUTES: u16 = 15;

/// Parameters of one query string; more are refused before any of them is sorted.
///
/// Own choice: AWS states none. A request line of 16 KiB with parameters of 16 bytes holds as many.
pub const QUERY_PARAMETERS: usize = 1024;

/// Names in one `SignedHeaders` list.
///
/// Own choice: AWS states none. HTTP servers take about 100 headers, and SDKs sign fewer than 20.
pub const SIGNED_HEADERS: usize = 128;

/// Bytes of a date; every form that is accepted is shorter.
pub const DATE_BYTES: usize = 64;

/// Bytes of a region's name.
///
/// Own choice: the longest one of AWS today, `us-isob-east-1` and its like, is under 20.
pub const REGION_BYTES: usize = 32;
