//! What is kept of an issuer, and what a look at it means: pure rules, time comes in.

use std::sync::Arc;

use keyward_web_identity::KeySet;

use crate::limits::{
    FRESH_SECONDS_MAX, FRESH_SECONDS_MIN, REFETCH_SECONDS, REFRESH_AHEAD, RETRY_SECONDS,
    STALE_SECONDS,
};
use crate::{FetchError, VerificationMethod};

/// Keys that were fetched; times in seconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) keys: Arc<KeySet>,
    pub(crate) verified_by: VerificationMethod,
    fetched: i64,
    fresh_until: i64,
}

/// What is known of an issuer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    kept: Option<Kept>,
    failed: Option<(i64, FetchError)>,
}

/// What to do about a request for keys.
#[derive(Clone, Debug)]
pub(crate) enum Judgement {
    /// Fail at once: a fetch failed a moment ago.
    Fail(FetchError),
    /// Fetch first.
    Fetch,
    /// Use what is kept.
    Use(Kept),
    /// Use what is kept, and fetch beside it.
    UseAndRefresh(Kept),
}

impl Kept {
    /// Keeps keys for as long as the issuer says, within our bounds.
    pub(crate) fn new(
        keys: KeySet,
        verified_by: VerificationMethod,
        max_age: Option<i64>,
        now: i64,
    ) -> Self {
        let fresh = max_age
            .unwrap_or(FRESH_SECONDS_MIN)
            .clamp(FRESH_SECONDS_MIN, FRESH_SECONDS_MAX);
        Self {
            keys: Arc::new(keys),
            verified_by,
            fetched: now,
            fresh_until: now.saturating_add(fresh),
        }
    }

    fn is_fresh(&self, now: i64) -> bool {
        // A clock that was set back makes nothing fresh for longer.
        (self.fetched..self.fresh_until).contains(&now)
    }

    fn may_stand_in(&self, now: i64) -> bool {
        (self.fetched..self.fresh_until.saturating_add(STALE_SECONDS)).contains(&now)
    }

    fn is_old(&self, now: i64) -> bool {
        let fresh = self.fresh_until.saturating_sub(self.fetched);
        now >= self.fresh_until.saturating_sub(fresh / REFRESH_AHEAD)
    }

    fn has(&self, key_id: Option<&str>) -> bool {
        // A token that names no key is refused by any set.
        key_id.is_none_or(|id| self.keys.contains(id))
    }
}

impl Slot {
    /// Says what to do for a token of a key id.
    pub(crate) fn judge(&self, key_id: Option<&str>, now: i64) -> Judgement {
        let failure = self
            .failed
            .as_ref()
            .filter(|(at, _)| (*at..at.saturating_add(RETRY_SECONDS)).contains(&now));
        let Some(kept) = &self.kept else {
            return match failure {
                Some((_, error)) => Judgement::Fail(error.clone()),
                None => Judgement::Fetch,
            };
        };
        if !kept.is_fresh(now) {
            return match failure {
                Some(_) if kept.may_stand_in(now) => Judgement::Use(kept.clone()),
                Some((_, error)) => Judgement::Fail(error.clone()),
                None => Judgement::Fetch,
            };
        }
        if kept.has(key_id) {
            return if kept.is_old(now) && failure.is_none() {
                Judgement::UseAndRefresh(kept.clone())
            } else {
                Judgement::Use(kept.clone())
            };
        }
        let waited = now >= kept.fetched.saturating_add(REFETCH_SECONDS);
        if waited && failure.is_none() {
            Judgement::Fetch
        } else {
            Judgement::Use(kept.clone())
        }
    }

    /// Notes what a fetch brought.
    pub(crate) fn keep(&mut self, kept: Kept) {
        *self = Self {
            kept: Some(kept),
            failed: None,
        };
    }

    /// Notes that a fetch failed, and returns what stands in for it.
    ///
    /// # Errors
    /// The failure itself where nothing may.
    pub(crate) fn fail(&mut self, error: FetchError, now: i64) -> Result<Kept, FetchError> {
        self.failed = Some((now, error.clone()));
        self.kept
            .clone()
            .filter(|kept| kept.may_stand_in(now))
            .ok_or(error)
    }
}

/// Reads how long an answer may be kept, in seconds: `max-age` less the time that it has been on its way.
pub(crate) fn max_age(cache_control: Option<&str>, age: Option<&str>) -> Option<i64> {
    let mut found = None;
    for directive in cache_control?.split(',') {
        let directive = directive.trim().to_ascii_lowercase();
        if directive == "no-store" || directive == "no-cache" {
            return None;
        }
        if let Some(seconds) = directive.strip_prefix("max-age=") {
            found = seconds.trim_matches('"').parse::<i64>().ok();
        }
    }
    let age = age.and_then(|age| age.trim().parse::<i64>().ok());
    Some(found?.max(0).saturating_sub(age.unwrap_or(0).max(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[u8] = br#"{"keys":[{"kid":"a","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    const T: i64 = 1_800_000_000;

    fn kept(max_age: Option<i64>, now: i64) -> Kept {
        let keys = KeySet::read(KEYS).unwrap();
        Kept::new(keys, VerificationMethod::TrustStore, max_age, now)
    }

    fn said(slot: &Slot, key_id: &str, now: i64) -> &'static str {
        match slot.judge(Some(key_id), now) {
            Judgement::Fail(_) => "fail",
            Judgement::Fetch => "fetch",
            Judgement::Use(_) => "use",
            Judgement::UseAndRefresh(_) => "use and refresh",
        }
    }

    #[test]
    fn keys_are_good_for_a_while_and_refreshed_before_its_end() {
        let mut slot = Slot::default();
        assert_eq!(said(&slot, "a", T), "fetch");
        slot.keep(kept(Some(1_000), T));
        for (now, expected) in [
            (T, "use"),
            (T + 799, "use"),
            (T + 800, "use and refresh"),
            (T + 999, "use and refresh"),
            (T + 1_000, "fetch"),
            (T - 1, "fetch"),
        ] {
            assert_eq!(said(&slot, "a", now), expected, "{}", now - T);
        }
        for (max_age, last) in [
            (None, 299),
            (Some(0), 299),
            (Some(-5), 299),
            (Some(301), 300),
            (Some(i64::MAX), 86_399),
        ] {
            slot.keep(kept(max_age, T));
            assert_ne!(said(&slot, "a", T + last), "fetch", "{max_age:?}");
            assert_eq!(said(&slot, "a", T + last + 1), "fetch", "{max_age:?}");
        }
    }

    #[test]
    fn an_unknown_key_id_fetches_at_a_bounded_rate() {
        let mut slot = Slot::default();
        slot.keep(kept(Some(1_000), T));
        for (now, expected) in [(T, "use"), (T + 29, "use"), (T + 30, "fetch")] {
            assert_eq!(said(&slot, "b", now), expected);
        }
        let stood_in = slot.fail(FetchError::Timeout, T + 30);
        assert!(stood_in.is_ok());
        assert_eq!(said(&slot, "b", T + 34), "use");
        assert_eq!(said(&slot, "b", T + 35), "fetch");
        slot.keep(kept(Some(1_000), T + 35));
        assert_eq!(said(&slot, "b", T + 36), "use");
    }

    #[test]
    fn old_keys_stand_in_for_an_hour() {
        let mut slot = Slot::default();
        slot.keep(kept(Some(1_000), T));
        for (at, good) in [(1_000, true), (4_599, true), (4_600, false)] {
            assert_eq!(slot.fail(FetchError::Timeout, T + at).is_ok(), good, "{at}");
            assert_eq!(said(&slot, "a", T + at), if good { "use" } else { "fail" });
            assert_eq!(said(&slot, "a", T + at + 5), "fetch");
        }
    }

    #[test]
    fn a_failure_is_remembered_for_a_moment() {
        let mut slot = Slot::default();
        assert!(slot.fail(FetchError::Timeout, T).is_err());
        for (now, expected) in [
            (T, "fail"),
            (T + 4, "fail"),
            (T + 5, "fetch"),
            (T - 1, "fetch"),
        ] {
            assert_eq!(said(&slot, "a", now), expected);
        }
    }

    #[test]
    fn cache_control_is_read_with_care() {
        for (control, age, expected) in [
            (None, None, None),
            (Some("max-age=600"), None, Some(600)),
            (
                Some("public, Max-Age=600, must-revalidate"),
                Some("100"),
                Some(500),
            ),
            (Some("max-age=\"600\""), None, Some(600)),
            (Some("max-age=600"), Some("x"), Some(600)),
            (Some("max-age=600"), Some("-5"), Some(600)),
            (Some("no-store, max-age=600"), None, None),
            (Some("max-age=600, no-cache"), None, None),
            (Some("max-age=x"), None, None),
            (Some("max-age=-1"), None, Some(0)),
            (Some("s-maxage=600"), None, None),
            (Some(""), None, None),
        ] {
            assert_eq!(max_age(control, age), expected, "{control:?} {age:?}");
        }
    }
}
