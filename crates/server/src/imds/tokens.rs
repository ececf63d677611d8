//! The tokens of the instance metadata service: made by a PUT, demanded by every GET.

use std::collections::HashMap;

use keyward_service::Entropy;

use crate::limits::{IMDS_TOKEN_SECONDS, IMDS_TOKENS};

/// Random bytes of a token.
const BYTES: usize = 40;

/// Tokens that are good.
///
/// They are found by a hash with a secret key, so how long a search takes says nothing of them.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// When each ends, in seconds.
    ends: HashMap<String, i64>,
}

impl Tokens {
    /// Reads the life that a token shall have, in seconds: a whole number from 1 to 21600.
    pub(super) fn life(header: &str) -> Option<u32> {
        let digits = !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit());
        let seconds: u32 = header.parse().ok().filter(|_| digits)?;
        (1..=IMDS_TOKEN_SECONDS)
            .contains(&seconds)
            .then_some(seconds)
    }

    /// Makes a token.
    pub(super) fn make(&mut self, life: u32, now: i64, entropy: &dyn Entropy) -> String {
        if self.ends.len() >= IMDS_TOKENS {
            self.ends.retain(|_, end| *end > now);
        }
        if self.ends.len() >= IMDS_TOKENS {
            let first = self.ends.iter().min_by_key(|(_, end)| **end);
            if let Some(token) = first.map(|(token, _)| token.clone()) {
                self.ends.remove(&token);
            }
        }
        let mut random = [0; BYTES];
        entropy.fill(&mut random);
        let token: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        self.ends
            .insert(token.clone(), now.saturating_add(i64::from(life)));
        token
    }

    /// Says whether a token is good.
    pub(super) fn is_good(&self, token: &str, now: i64) -> bool {
        self.ends.get(token).is_some_and(|end| *end > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn lives() {
        for (header, life) in [
            ("1", Some(1)),
            ("60", Some(60)),
            ("21600", Some(21_600)),
            ("0", None),
            ("21601", None),
            ("-1", None),
            ("+60", None),
            ("60s", None),
            ("", None),
            ("99999999999", None),
        ] {
            assert_eq!(Tokens::life(header), life, "{header}");
        }
    }

    #[test]
    fn a_token_ends() {
        let mut tokens = Tokens::default();
        let token = tokens.make(60, 1000, &SystemEntropy);
        assert_eq!(token.len(), 80);
        assert!(tokens.is_good(&token, 1000) && tokens.is_good(&token, 1059));
        assert!(!tokens.is_good(&token, 1060));
        assert!(!tokens.is_good("", 1000));
        assert!(!tokens.is_good(&token.to_uppercase(), 1000));
    }

    #[test]
    fn their_number_is_bounded() {
        let mut tokens = Tokens::default();
        let first = tokens.make(10, 0, &SystemEntropy);
        let long = tokens.make(21_600, 0, &SystemEntropy);
        for _ in 0..IMDS_TOKENS {
            tokens.make(100, 0, &SystemEntropy);
        }
        assert_eq!(tokens.ends.len(), IMDS_TOKENS);
        assert!(!tokens.is_good(&first, 0) && tokens.is_good(&long, 0));
        let late = tokens.make(100, 200, &SystemEntropy);
        assert_eq!(tokens.ends.len(), 2);
        assert!(tokens.is_good(&late, 200) && tokens.is_good(&long, 200));
    }
}
