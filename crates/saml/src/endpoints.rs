//! Where assertions are sent.

/// The audience of every assertion for AWS. SOURCE: spec/sts.md §6, row 7.
const AUDIENCE: &str = "urn:amazon:webservices";
/// The host of AWS's sign-in, without a region before it.
const SIGN_IN_HOST: &str = "signin.aws.amazon.com";

/// The URLs that assertions may be addressed to: those of AWS's sign-in, which identity providers have preset, and those of
/// this installation. Each also with `/acs/` and the id of the provider behind it, which is then the only provider.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    own: Vec<String>,
}

impl Endpoints {
    /// Takes the URLs of this installation, such as `https://iam.example/saml`.
    #[must_use]
    pub fn new(own: Vec<String>) -> Self {
        Self { own }
    }

    /// Returns whether a URL is one of those, for a provider of this id.
    pub(crate) fn include(&self, url: &str, provider_id: &str) -> bool {
        let (base, is_for_provider) = match url.rsplit_once("/acs/") {
            Some((base, id)) => (base, id == provider_id),
            None => (url, true),
        };
        is_for_provider && (self.own.iter().any(|own| own == base) || is_sign_in(base))
    }

    /// Returns whether an audience is this service.
    pub(crate) fn are_meant_by(&self, audience: &str, provider_id: &str) -> bool {
        audience == AUDIENCE || self.include(audience, provider_id)
    }
}

/// Returns whether a URL is that of AWS's sign-in, of any region.
fn is_sign_in(url: &str) -> bool {
    let Some((host, path)) = url
        .strip_prefix("https://")
        .and_then(|rest| rest.split_once('/'))
    else {
        return false;
    };
    let region = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=32).contains(&text.len()) && text.bytes().all(allowed)
    };
    let regional = host
        .split_once('.')
        .is_some_and(|(first, rest)| rest == SIGN_IN_HOST && region(first));
    (host == SIGN_IN_HOST || regional) && matches!(path, "saml" | "static/saml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_endpoints() {
        let endpoints = Endpoints::new(vec!["https://iam.example:7600/saml".to_owned()]);
        let check = |url: &str, expected| {
            assert_eq!(endpoints.include(url, "SAMLSPX"), expected, "{url}");
            assert_eq!(endpoints.are_meant_by(url, "SAMLSPX"), expected, "{url}");
        };
        for good in [
            "https://signin.aws.amazon.com/saml",
            "https://eu-central-1.signin.aws.amazon.com/saml",
            "https://signin.aws.amazon.com/static/saml",
            "https://us-east-1.signin.aws.amazon.com/saml/acs/SAMLSPX",
            "https://iam.example:7600/saml",
            "https://iam.example:7600/saml/acs/SAMLSPX",
        ] {
            check(good, true);
        }
        for bad in [
            "",
            "http://signin.aws.amazon.com/saml",
            "https://signin.aws.amazon.com/saml/",
            "https://signin.aws.amazon.com/SAML",
            "https://signin.aws.amazon.com.evil.example/saml",
            "https://evil.example/signin.aws.amazon.com/saml",
            "https://a@b.signin.aws.amazon.com/saml",
            "https://.signin.aws.amazon.com/saml",
            "https://a.b.signin.aws.amazon.com/saml",
            "https://us-east-1.signin.aws.amazon.com/saml/acs/SAMLSPY",
            "https://iam.example:7600/saml/acs/",
            "https://iam.example/saml",
            "https://iam.example:7600/saml?x",
        ] {
            check(bad, false);
        }
        assert!(endpoints.are_meant_by("urn:amazon:webservices", "SAMLSPX"));
        assert!(!endpoints.are_meant_by("urn:amazon:webservices:x", "SAMLSPX"));
    }
}
