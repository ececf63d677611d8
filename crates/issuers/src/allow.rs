//! Issuers that the operator allows to be anywhere.

use std::collections::BTreeMap;

use crate::FetchError;
use crate::target::{Reach, Target};

const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";

/// An issuer that may have a private address: `https://issuer.example/path`, and where its documents are if not there,
/// `https://issuer.example/path=http://127.0.0.1:8080/path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedIssuer {
    issuer: String,
    base: String,
}

/// The text names no issuer that could be allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not https://ISSUER or https://ISSUER=URL, where URL is https, or http to a loopback address"
)]
pub struct ParseAllowedIssuerError(String);

impl AllowedIssuer {
    /// Reads an issuer's URL, perhaps with `=` and the URL at which it is reached.
    ///
    /// `http` is taken for a host that is a loopback address, or `localhost`, only.
    ///
    /// # Errors
    /// [`ParseAllowedIssuerError`].
    pub fn parse(text: &str) -> Result<Self, ParseAllowedIssuerError> {
        let refused = || ParseAllowedIssuerError(text.to_owned());
        // A path may hold `=` itself, so that the second URL is told by its scheme.
        let (issuer, base) = ["=https://", "=http://"]
            .iter()
            .find_map(|mark| text.find(mark))
            .and_then(|at| text.split_at_checked(at))
            .map_or((text, None), |(issuer, rest)| {
                (issuer, rest.strip_prefix('='))
            });
        let base = base.unwrap_or(issuer);
        Target::parse(issuer, Reach::Anywhere).map_err(|_| refused())?;
        let target = Target::parse(base, reach_of(base)).map_err(|_| refused())?;
        let is_local = target.host.eq_ignore_ascii_case("localhost")
            || target
                .host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if !(target.is_tls || is_local) || base.contains(['?', '#']) || issuer.contains(['?', '#'])
        {
            return Err(refused());
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            base: base.to_owned(),
        })
    }
}

fn reach_of(base: &str) -> Reach {
    if base.starts_with("http://") {
        Reach::Loopback
    } else {
        Reach::Anywhere
    }
}

/// Which issuers are allowed, and where each issuer's documents are.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowList(BTreeMap<String, String>);

impl AllowList {
    pub(crate) fn new(issuers: Vec<AllowedIssuer>) -> Self {
        let pairs = issuers.into_iter().map(|one| (one.issuer, one.base));
        Self(pairs.collect())
    }

    /// Returns where the discovery document of an issuer is.
    pub(crate) fn discovery(&self, issuer: &str) -> Result<Target, FetchError> {
        let base = self.0.get(issuer);
        let reach = base.map_or(Reach::PublicOnly, |base| reach_of(base));
        let base = base.map_or(issuer, String::as_str).trim_end_matches('/');
        Target::parse(&format!("{base}{DISCOVERY_PATH}"), reach)
    }

    /// Returns where the key set is that a discovery document names.
    ///
    /// An allowed issuer may keep it on its own server, at the URL that the issuer has or the one at which it is
    /// reached. Everywhere else, the operator allowed nothing.
    pub(crate) fn key_set(&self, issuer: &str, jwks_uri: &str) -> Result<Target, FetchError> {
        let public = || Target::parse(jwks_uri, Reach::PublicOnly);
        let Some(base) = self.0.get(issuer) else {
            return public();
        };
        let reached = Target::parse(base, reach_of(base))?;
        let named = Target::parse(issuer, Reach::Anywhere)?;
        let reach = reach_of(jwks_uri);
        match Target::parse(jwks_uri, reach) {
            Ok(keys) if keys.has_origin_of(&reached) => Ok(Target {
                reach: reached.reach,
                ..keys
            }),
            Ok(keys) if keys.has_origin_of(&named) => Ok(Target {
                path: keys.path,
                ..reached
            }),
            Ok(_) | Err(_) => public(),
        }
    }

    /// Says whether the operator's certificates vouch for a host of this issuer.
    pub(crate) fn contains(&self, issuer: &str) -> bool {
        self.0.contains_key(issuer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(target: Result<Target, FetchError>) -> String {
        target.map_or_else(
            |_| "refused".to_owned(),
            |target| {
                let scheme = if target.is_tls { "https" } else { "http" };
                format!(
                    "{scheme}://{}{} {:?}",
                    target.authority, target.path, target.reach
                )
            },
        )
    }

    #[test]
    fn only_urls_that_make_sense_are_allowed() {
        for (text, good) in [
            ("https://issuer.example", true),
            ("https://issuer.example/a=b", true),
            ("https://issuer.example:8443", true),
            ("https://issuer.example=https://10.0.0.7:8443/x", true),
            ("https://issuer.example=http://127.0.0.1:8080", true),
            ("https://issuer.example=http://localhost:8080", true),
            ("https://issuer.example=http://[::1]:8080", true),
            ("https://issuer.example=http://10.0.0.7:8080", false),
            ("https://issuer.example=http://issuer.local", false),
            ("http://127.0.0.1:8080", false),
            ("https://issuer.example?x=1", false),
            ("https://issuer.example=https://a.example/?x", false),
            ("https://u@issuer.example", false),
            ("issuer.example", false),
            ("*", false),
            ("", false),
        ] {
            assert_eq!(AllowedIssuer::parse(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn documents_are_where_the_operator_says() {
        let list = AllowList::new(
            [
                "https://a.example/r",
                "https://b.example/r/=http://127.0.0.1:80/x/",
            ]
            .map(|text| AllowedIssuer::parse(text).unwrap())
            .to_vec(),
        );
        for (issuer, expected) in [
            (
                "https://a.example/r",
                "https://a.example/r/.well-known/openid-configuration Anywhere",
            ),
            (
                "https://b.example/r/",
                "http://127.0.0.1:80/x/.well-known/openid-configuration Loopback",
            ),
            // Another issuer on the same host is another issuer.
            (
                "https://a.example",
                "https://a.example/.well-known/openid-configuration PublicOnly",
            ),
            (
                "https://a.example/r/",
                "https://a.example/r/.well-known/openid-configuration PublicOnly",
            ),
            ("http://a.example/r", "refused"),
        ] {
            assert_eq!(at(list.discovery(issuer)), expected, "{issuer}");
        }
        for (issuer, keys, expected) in [
            (
                "https://a.example/r",
                "https://a.example/keys",
                "https://a.example/keys Anywhere",
            ),
            (
                "https://a.example/r",
                "https://a.example:8443/keys",
                "refused",
            ),
            (
                "https://a.example/r",
                "https://169.254.169.254/keys",
                "https://169.254.169.254/keys PublicOnly",
            ),
            ("https://a.example/r", "http://127.0.0.1/keys", "refused"),
            (
                "https://b.example/r/",
                "https://b.example/keys?x=1",
                "http://127.0.0.1:80/keys?x=1 Loopback",
            ),
            (
                "https://b.example/r/",
                "http://127.0.0.1/keys",
                "http://127.0.0.1/keys Loopback",
            ),
            (
                "https://b.example/r/",
                "http://127.0.0.1:81/keys",
                "refused",
            ),
            (
                "https://c.example",
                "https://keys.example/c",
                "https://keys.example/c PublicOnly",
            ),
            ("https://c.example", "http://keys.example/c", "refused"),
            ("https://c.example", "file:///etc/passwd", "refused"),
        ] {
            assert_eq!(at(list.key_set(issuer, keys)), expected, "{issuer} {keys}");
        }
    }
}
