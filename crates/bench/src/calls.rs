//! Calls of many connections, each signed once a second.
//!
//! What is called again within a second is the same bytes: signing each anew would take the load generator as long as the
//! server takes to check it, on cores that are the server's too.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;

use crate::load::MANY;
use crate::request::{Signer, Target, now};

/// The values that the writes of a connection have in turn: each changes what the one before left.
const VALUES: usize = 8;

/// What connections call; in a call `{n}` stands for the connection, and `{value}` for another value than before.
pub(crate) struct Calls {
    signer: Signer,
    calls: &'static [&'static str],
    begun: i64,
    clock: Instant,
    /// Of each connection.
    signed: Vec<Mutex<Signed>>,
}

/// The requests of a connection that are signed already.
#[derive(Default)]
struct Signed {
    second: i64,
    last_value: usize,
    /// Each call with each value.
    requests: Vec<Option<Bytes>>,
}

impl Calls {
    /// The calls are of IAM, with their parameters percent-encoded.
    pub(crate) fn new(signer: Signer, calls: &'static [&'static str]) -> anyhow::Result<Self> {
        Ok(Self {
            signer,
            calls,
            begun: now()?,
            clock: Instant::now(),
            signed: (0..MANY).map(|_| Mutex::default()).collect(),
        })
    }

    /// Returns how many there are.
    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }

    /// Returns the next request of a connection that makes the call of a number.
    pub(crate) fn request(&self, connection: usize, number: usize) -> Bytes {
        let (Some(signed), Some(call)) = (self.signed.get(connection), self.calls.get(number))
        else {
            return Bytes::new();
        };
        let mut signed = signed.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = i64::try_from(self.clock.elapsed().as_secs()).unwrap_or_default();
        let second = self.begun + elapsed;
        if signed.second != second {
            signed.second = second;
            signed.requests.clear();
            signed.requests.resize(self.calls.len() * VALUES, None);
        }
        if call.contains("{value}") {
            signed.last_value = (signed.last_value + 1) % VALUES;
        }
        let value = signed.last_value;
        let sign = || {
            let action = call.replace("{n}", &connection.to_string());
            let action = action.replace("{value}", &value.to_string());
            self.signer.request(Target::Iam, &action, second)
        };
        let place = signed.requests.get_mut(number * VALUES + value);
        place.map_or_else(Bytes::new, |place| place.get_or_insert_with(sign).clone())
    }
}
