//! Where a fetch goes.

use std::net::IpAddr;

use http::Uri;
use http::uri::{Authority, Scheme};

use crate::FetchError;
use crate::address::is_public;

/// Which addresses a host may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The operator allowed the issuer.
    Anywhere,
    /// The operator allowed it without TLS.
    Loopback,
    /// Whoever made the provider named it.
    PublicOnly,
}

/// One URL that is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The host's name or address, without the brackets of IPv6.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What the header `Host` says.
    pub(crate) authority: Authority,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) is_tls: bool,
    pub(crate) reach: Reach,
}

impl Reach {
    pub(crate) fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Anywhere => !address.is_unspecified() && !address.is_multicast(),
            Self::Loopback => address.is_loopback(),
            Self::PublicOnly => is_public(address),
        }
    }
}

impl Target {
    /// Reads a URL: `https`, or `http` for [`Reach::Loopback`]; no user, and no other port than 443 where a stranger may
    /// have written it.
    ///
    /// # Errors
    /// [`FetchError::Refused`].
    pub(crate) fn parse(url: &str, reach: Reach) -> Result<Self, FetchError> {
        let refused = |why: &'static str| FetchError::Refused(why);
        let uri: Uri = url.parse().map_err(|_| refused("not a URL"))?;
        let authority = uri.authority().ok_or_else(|| refused("not a URL"))?;
        if authority.as_str().contains('@') {
            return Err(refused("a URL with a user"));
        }
        let is_tls = uri.scheme() == Some(&Scheme::HTTPS);
        let is_plain = uri.scheme() == Some(&Scheme::HTTP);
        if !(is_tls || is_plain && reach == Reach::Loopback) {
            return Err(refused("a URL without TLS"));
        }
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        if reach == Reach::PublicOnly && port != 443 {
            return Err(refused("a port other than 443"));
        }
        let host = authority.host();
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        if host.is_empty() {
            return Err(refused("a URL without a host"));
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            authority: authority.clone(),
            path: uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
            is_tls,
            reach,
        })
    }

    /// Says whether two targets are of one server.
    pub(crate) fn has_origin_of(&self, other: &Self) -> bool {
        self.host.eq_ignore_ascii_case(&other.host)
            && self.port == other.port
            && self.is_tls == other.is_tls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_s_url_is_https_on_443() {
        for (url, reach, good) in [
            ("https://a.example/keys", Reach::PublicOnly, true),
            ("https://a.example:443/keys", Reach::PublicOnly, true),
            ("https://a.example:8443/keys", Reach::PublicOnly, false),
            ("https://a.example:8443/keys", Reach::Anywhere, true),
            ("http://a.example/keys", Reach::PublicOnly, false),
            ("http://a.example/keys", Reach::Anywhere, false),
            ("http://127.0.0.1:8080", Reach::Loopback, true),
            ("https://u@a.example/", Reach::PublicOnly, false),
            ("https://u:p@a.example/", Reach::Anywhere, false),
            ("ftp://a.example/", Reach::Loopback, false),
            ("file:///etc/passwd", Reach::Anywhere, false),
            ("//a.example/", Reach::PublicOnly, false),
            ("/keys", Reach::PublicOnly, false),
            ("a.example", Reach::PublicOnly, false),
            ("https://", Reach::PublicOnly, false),
            ("https://a b/", Reach::PublicOnly, false),
            ("", Reach::PublicOnly, false),
        ] {
            assert_eq!(Target::parse(url, reach).is_ok(), good, "{url}");
        }
        let target = Target::parse("https://[2606:4700::1]/k?a=b#c", Reach::PublicOnly).unwrap();
        assert_eq!(
            (target.host.as_str(), target.path.as_str()),
            ("2606:4700::1", "/k?a=b")
        );
        let other = |url| Target::parse(url, Reach::Anywhere).unwrap();
        assert!(other("https://A.example/x").has_origin_of(&other("https://a.example:443/y")));
        assert!(!other("https://a.example/x").has_origin_of(&other("https://a.example:444/x")));
        assert!(!other("https://a.example/x").has_origin_of(&other("https://b.example/x")));
    }

    #[test]
    fn an_allowed_issuer_reaches_private_addresses_but_no_odd_ones() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        for (text, anywhere, loopback, public) in [
            ("8.8.8.8", true, false, true),
            ("10.0.0.1", true, false, false),
            ("127.0.0.1", true, true, false),
            ("::1", true, true, false),
            ("0.0.0.0", false, false, false),
            ("::", false, false, false),
            ("224.0.0.1", false, false, false),
        ] {
            assert_eq!(Reach::Anywhere.allows(address(text)), anywhere, "{text}");
            assert_eq!(Reach::Loopback.allows(address(text)), loopback, "{text}");
            assert_eq!(Reach::PublicOnly.allows(address(text)), public, "{text}");
        }
    }
}
