//! Rows 2 to 8 of the table of refusals: form, claims, audience, signature, time.

use serde_json::{Value, json};

use super::support::{ISSUER, NOW, base64, claims, issuer, verified, verify};
use crate::{Algorithm, ClientIds, KeySet, UnverifiedToken};

const KEY: &str = "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements";
const JWT: &str = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";

fn key_of(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::EdDsa => "ed25519",
        Algorithm::Es256 => "p256",
        Algorithm::Es384 => "p384",
        Algorithm::Es512 => "p521",
        Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512 => "rsa",
    }
}

fn refused(token: &str, keys: &KeySet) -> String {
    verify(token, keys).unwrap_err().to_string()
}

#[test]
fn every_algorithm_verifies_with_its_own_kind_of_key_and_no_other() {
    let keys = issuer().keys();
    for algorithm in Algorithm::ALL {
        for other in Algorithm::ALL {
            for key in ["rsa", "p256", "p384", "p521", "ed25519"] {
                // The header names `other`, the signature is by `algorithm`.
                let header = json!({"alg": other.as_str(), "kid": key});
                let token = issuer().token(algorithm, &header, &claims(&json!({})));
                let good = algorithm == other && key == key_of(algorithm);
                assert_eq!(
                    verify(&token, &keys).is_ok(),
                    good,
                    "{algorithm} as {other} by {key}"
                );
            }
        }
    }
}

#[test]
fn vectors_of_the_standards_verify() {
    // RFC 7515 appendix A.3, RFC 8037 appendix A.4.
    let set = br#"{"keys":[
        {"kid":"a","kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
        {"kid":"b","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let keys = KeySet::read(set).unwrap();
    for (kid, algorithm, message, signature) in [
        (
            "a",
            Algorithm::Es256,
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
        (
            "b",
            Algorithm::EdDsa,
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ] {
        use base64::Engine as _;
        let signature = base64::prelude::BASE64_URL_SAFE_NO_PAD
            .decode(signature)
            .unwrap();
        assert!(keys.verifies(kid, algorithm, message.as_bytes(), &signature));
        assert!(!keys.verifies("c", algorithm, message.as_bytes(), &signature));
        assert!(!keys.verifies(kid, algorithm, b"another", &signature));
    }
}

#[test]
fn a_header_that_is_odd_is_no_jwt() {
    let keys = issuer().keys();
    let sign = |header: &Value| issuer().token(Algorithm::Es256, header, &claims(&json!({})));
    for header in [
        json!({"alg": "none", "kid": "p256"}),
        json!({"alg": "None", "kid": "p256"}),
        json!({"alg": "HS256", "kid": "p256"}),
        json!({"alg": "PS256", "kid": "rsa"}),
        json!({"alg": "es256", "kid": "p256"}),
        json!({"alg": "ES256K", "kid": "p256"}),
        json!({"alg": ["ES256"], "kid": "p256"}),
        json!({"alg": null, "kid": "p256"}),
        json!({"kid": "p256"}),
        json!({"alg": "ES256", "kid": 1}),
        json!({"alg": "ES256", "kid": "p256", "crit": ["exp"], "exp": 1}),
        json!({"alg": "ES256", "kid": "p256", "crit": []}),
        json!(["ES256"]),
    ] {
        assert_eq!(refused(&sign(&header), &keys), JWT, "{header}");
    }
    for header in [
        json!({"alg": "ES256"}),
        json!({"alg": "ES256", "kid": ""}),
        json!({"alg": "ES256", "kid": "P256"}),
        json!({"alg": "ES256", "kid": "p256 "}),
    ] {
        assert_eq!(refused(&sign(&header), &keys), KEY, "{header}");
    }
}

#[test]
fn a_token_does_not_say_by_which_key_it_is_verified() {
    let foreign = json!({"keys": [issuer().jwk("p384")]});
    let keys = KeySet::read(foreign.to_string().as_bytes()).unwrap();
    let header = json!({
        "alg": "ES256", "kid": "p256", "jwk": issuer().jwk("p256"),
        "jku": "https://issuer.example/keys", "x5u": "https://issuer.example/chain", "x5c": ["AA=="],
    });
    let token = issuer().token(Algorithm::Es256, &header, &claims(&json!({})));
    assert_eq!(refused(&token, &keys), KEY);
    assert!(verify(&token, &issuer().keys()).is_ok());
}

#[test]
fn the_public_key_is_no_secret_of_hmac() {
    // The classic confusion: HS256 with the public key as its secret. The name alone is refused.
    let keys = issuer().keys();
    let message = format!(
        "{}.{}",
        base64(r#"{"alg":"HS256","kid":"rsa"}"#),
        base64(claims(&json!({})).to_string())
    );
    let secret = issuer().jwk("rsa")["n"].as_str().unwrap().to_owned();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&key, message.as_bytes());
    assert_eq!(refused(&format!("{message}.{}", base64(tag)), &keys), JWT);
}

#[test]
fn a_token_of_another_form_is_no_jwt() {
    let keys = issuer().keys();
    let header = json!({"alg": "ES256", "kid": "p256"});
    let good = issuer().token(Algorithm::Es256, &header, &claims(&json!({})));
    assert!(verify(&good, &keys).is_ok());
    let parts: Vec<&str> = good.split('.').collect();
    let (head, body, signature) = (parts[0], parts[1], parts[2]);
    let twice = base64(r#"{"alg":"ES256","kid":"p256","kid":"p256"}"#);
    let deep = base64(format!("{{\"a\":{}1{}}}", "[".repeat(40), "]".repeat(40)));
    for token in [
        String::new(),
        "...".to_owned(),
        "a.b".to_owned(),
        format!("{head}.{body}"),
        format!("{head}.{body}."),
        format!("{head}..{signature}"),
        format!(".{body}.{signature}"),
        format!("{good}.x"),
        format!("{good}."),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{head}.{body}.{signature}\u{e4}"),
        format!("{head}=.{body}.{signature}"),
        format!("{twice}.{body}.{signature}"),
        format!("{head}.{deep}.{signature}"),
        format!("{head}.{}.{signature}", base64("[]")),
        format!("{head}.{}.{signature}", base64("{}{}")),
        format!("{head}.{}.{signature}", base64([0xff, 0xfe])),
        // Five parts: an encrypted token.
        format!("{head}.{body}.{body}.{body}.{signature}"),
        "a".repeat(20_001),
    ] {
        assert_eq!(refused(&token, &keys), JWT, "{token}");
    }
    // One more bit in the last character of the signature does not make a second spelling of the same token.
    let mut odd = good.clone();
    let last = odd.pop().unwrap();
    odd.push(char::from(last as u8 + 1));
    assert!(verify(&odd, &keys).is_err());
}

#[test]
fn claims_that_stand_twice_are_refused() {
    let keys = issuer().keys();
    for twice in [
        r#"{"iss":"https://issuer.example","sub":"a","sub":"b","aud":"sts.amazonaws.com","iat":1799999999,"exp":1800000600}"#,
        r#"{"iss":"https://issuer.example","sub":"a","\u0073ub":"b","aud":"sts.amazonaws.com","iat":1799999999,"exp":1800000600}"#,
        r#"{"iss":"https://issuer.example","sub":"a","aud":"sts.amazonaws.com","iat":1799999999,"exp":1800000600,"x":{"y":1,"y":1}}"#,
    ] {
        let message = format!(
            "{}.{}",
            base64(r#"{"alg":"ES256","kid":"p256"}"#),
            base64(twice)
        );
        let signature = issuer().sign(Algorithm::Es256, message.as_bytes());
        let token = format!("{message}.{}", base64(signature));
        assert_eq!(refused(&token, &keys), JWT);
    }
}

#[test]
fn the_first_missing_claim_is_named() {
    for (change, named) in [
        (json!({"iss": null, "exp": null}), "iss"),
        (json!({"sub": null, "aud": null}), "sub"),
        (json!({"aud": null, "exp": null}), "aud"),
        (json!({"iat": null, "exp": null}), "iat"),
        (json!({"exp": null}), "exp"),
        (json!({"iss": 1}), "iss"),
        (json!({"sub": ""}), "sub"),
        (json!({"sub": 7}), "sub"),
        (json!({"aud": []}), "aud"),
        (json!({"aud": [1, "sts.amazonaws.com"]}), "aud"),
        (json!({"aud": {"sts.amazonaws.com": 1}}), "aud"),
        (json!({"iat": "1800000000"}), "iat"),
        (json!({"iat": 1_800_000_000.5}), "iat"),
        (json!({"exp": 1e30}), "exp"),
        (json!({"exp": u64::MAX}), "exp"),
        (json!({"nbf": "soon"}), "nbf"),
    ] {
        let error = verified(&change).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Missing a required claim: {named}"),
            "{change}"
        );
        assert_eq!(error.code(), "InvalidIdentityToken");
    }
    let long = verified(&json!({"sub": "x".repeat(256)})).unwrap_err();
    assert_eq!(long.code(), "InvalidIdentityToken");
    assert!(verified(&json!({"sub": "\u{e4}".repeat(255)})).is_ok());
}

#[test]
fn the_audience_is_azp_else_one_of_aud() {
    for (change, audience) in [
        (json!({}), Some("sts.amazonaws.com")),
        (
            json!({"aud": ["x", "other", "sts.amazonaws.com"]}),
            Some("other"),
        ),
        (json!({"aud": "x"}), None),
        (json!({"aud": "STS.amazonaws.com"}), None),
        (json!({"aud": "sts.amazonaws.com/"}), None),
        (json!({"azp": "other"}), Some("other")),
        (json!({"azp": "other", "aud": "x"}), Some("other")),
        // `azp` counts alone, even where `aud` would do.
        (json!({"azp": "x"}), None),
        (json!({"azp": ""}), None),
        (json!({"azp": ["other"]}), None),
    ] {
        match verified(&change) {
            Ok(token) => assert_eq!(Some(token.audience()), audience, "{change}"),
            Err(error) => {
                assert_eq!(audience, None, "{change}");
                assert_eq!(error.to_string(), "Incorrect token audience");
            }
        }
    }
    let header = json!({"alg": "ES256", "kid": "p256"});
    let token = issuer().token(Algorithm::Es256, &header, &claims(&json!({"aud": "x"})));
    let parse = || UnverifiedToken::parse(&token).unwrap();
    assert!(parse().addressed_to(ClientIds::Listed(&[])).is_err());
    assert!(parse().addressed_to(ClientIds::Any).is_ok());
}

#[test]
fn the_provider_is_the_issuer_without_its_scheme() {
    let header = json!({"alg": "ES256", "kid": "p256"});
    for (issuer_url, provider) in [
        (ISSUER, Some("issuer.example")),
        ("https://issuer.example/", Some("issuer.example/")),
        ("https://accounts.google.com", Some("accounts.google.com")),
        ("accounts.google.com", Some("accounts.google.com")),
        ("issuer.example", None),
        ("http://issuer.example", None),
        ("HTTPS://issuer.example", None),
        ("https://", None),
    ] {
        let claims = claims(&json!({"iss": issuer_url}));
        let token = issuer().token(Algorithm::Es256, &header, &claims);
        let token = UnverifiedToken::parse(&token).unwrap();
        assert_eq!(token.provider_url().ok(), provider, "{issuer_url}");
        assert_eq!(
            token.provider_not_found().to_string(),
            format!("No OpenIDConnect provider found in your account for {issuer_url}")
        );
    }
}

#[test]
fn time_is_checked_after_the_signature() {
    for (change, expected) in [
        (json!({"exp": NOW + 1}), None),
        (
            json!({"exp": NOW}),
            Some(
                "Token expired: current date/time 1800000000 must be before the expiration date/time 1800000000",
            ),
        ),
        (
            json!({"exp": -1}),
            Some(
                "Token expired: current date/time 1800000000 must be before the expiration date/time -1",
            ),
        ),
        (json!({"iat": NOW - 86_400}), None),
        (json!({"iat": NOW - 86_401}), Some("Token too old: 86401")),
        (
            json!({"iat": i64::MIN}),
            Some("Token too old: 9223372036854775807"),
        ),
        (json!({"iat": NOW + 300}), None),
        (
            json!({"iat": NOW + 301}),
            Some("Token not yet valid: current date/time 1800000000 must not be before 1800000301"),
        ),
        (json!({"nbf": NOW + 300}), None),
        (
            json!({"nbf": NOW + 301}),
            Some("Token not yet valid: current date/time 1800000000 must not be before 1800000301"),
        ),
        (json!({"nbf": i64::MIN}), None),
        (json!({"exp": i64::MAX}), None),
    ] {
        let error = verified(&change).err();
        assert_eq!(
            error.as_ref().map(ToString::to_string).as_deref(),
            expected,
            "{change}"
        );
        if let Some(error) = error {
            let late = error.to_string().contains("not yet");
            let code = if late {
                "InvalidIdentityToken"
            } else {
                "ExpiredTokenException"
            };
            assert_eq!(error.code(), code, "{change}");
        }
    }
    // Who can't sign learns nothing about time.
    let header = json!({"alg": "ES256", "kid": "p256"});
    let claims = claims(&json!({"exp": 1}));
    let token = issuer().token(Algorithm::Es384, &header, &claims);
    assert_eq!(refused(&token, &issuer().keys()), KEY);
}
