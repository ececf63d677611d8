//! Who vouches for an issuer's certificate.

use keyward_issuers::VerificationMethod;
use keyward_web_identity::WebIdentityError;
use rustls::pki_types::CertificateDer;
use sha1::{Digest as _, Sha1};

use crate::support::{Server, TIME, World, acceptor, certificates, discovery_of};

const AUTHORITY: &str = include_str!("../fixtures/authority.pem");
const CHAIN: &str = include_str!("../fixtures/chain.pem");
const CHAIN_KEY: &str = include_str!("../fixtures/chain.key");
const SELF_SIGNED: &str = include_str!("../fixtures/self-signed.pem");
const SELF_SIGNED_KEY: &str = include_str!("../fixtures/self-signed.key");

fn thumbprint(certificate: &CertificateDer<'_>) -> String {
    let digest = Sha1::digest(certificate);
    digest.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Starts a server with a chain; returns the issuer's URL, which has the server's port.
async fn start(chain: Vec<CertificateDer<'static>>, key: &str, host: &str) -> (Server, String) {
    let server = Server::start(Some(acceptor(chain, key))).await;
    let issuer = format!("https://{host}:{}", server.address.port());
    server.answers_discovery(discovery_of(&issuer, &format!("{issuer}/keys")));
    (server, issuer)
}

async fn verified_by(
    issuer: &str,
    authorities: &[&str],
    thumbprints: &[String],
    at: i64,
) -> Result<VerificationMethod, WebIdentityError> {
    let authorities = authorities
        .iter()
        .flat_map(|pem| certificates(pem))
        .collect();
    let world = World::new(&[issuer.to_owned()], authorities, TIME);
    world.at(at);
    let found = world.keys_of(issuer, thumbprints, "a").await?;
    assert!(found.keys.contains("a"));
    Ok(found.verified_by)
}

#[tokio::test]
async fn the_trust_store_comes_first_and_thumbprints_after_it() {
    let chain = certificates(CHAIN);
    let intermediate = thumbprint(&chain[1]);
    let leaf = thumbprint(&chain[0]);
    let root = thumbprint(&certificates(AUTHORITY)[0]);
    let (_server, issuer) = start(chain, CHAIN_KEY, "issuer.test").await;
    let wrong = "0".repeat(40);
    for (authorities, thumbprints, expected) in [
        (&[AUTHORITY][..], vec![], Ok(VerificationMethod::TrustStore)),
        (
            &[AUTHORITY],
            vec![wrong.clone()],
            Ok(VerificationMethod::TrustStore),
        ),
        (
            &[],
            vec![intermediate.clone()],
            Ok(VerificationMethod::Thumbprint),
        ),
        (
            &[],
            vec![wrong.clone(), intermediate.to_lowercase()],
            Ok(VerificationMethod::Thumbprint),
        ),
        (&[], vec![leaf], Ok(VerificationMethod::Thumbprint)),
        (
            &[SELF_SIGNED],
            vec![intermediate],
            Ok(VerificationMethod::Thumbprint),
        ),
        // The root is not sent along, so that its digest can't be compared.
        (&[], vec![root], Err(WebIdentityError::ThumbprintMismatch)),
        (&[], vec![wrong], Err(WebIdentityError::ThumbprintMismatch)),
        (&[], vec![], Err(WebIdentityError::ThumbprintMismatch)),
    ] {
        assert_eq!(
            verified_by(&issuer, authorities, &thumbprints, 0).await,
            expected,
            "{thumbprints:?}"
        );
    }
    assert_eq!(
        WebIdentityError::ThumbprintMismatch.to_string(),
        "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
    );
}

#[tokio::test]
async fn a_root_that_is_sent_along_may_be_the_listed_one() {
    let mut chain = certificates(CHAIN);
    chain.extend(certificates(AUTHORITY));
    let root = thumbprint(&chain[2]);
    let (_server, issuer) = start(chain, CHAIN_KEY, "issuer.test").await;
    assert_eq!(
        verified_by(&issuer, &[], &[root], 0).await,
        Ok(VerificationMethod::Thumbprint)
    );
}

#[tokio::test]
async fn a_listed_certificate_that_did_not_sign_vouches_for_nothing() {
    // The attacker's own certificate, and behind it the genuine authority that anybody can copy.
    let genuine = certificates(CHAIN)[1].clone();
    let listed = [
        thumbprint(&genuine),
        thumbprint(&certificates(AUTHORITY)[0]),
    ];
    let mut chain = certificates(SELF_SIGNED);
    chain.push(genuine);
    chain.extend(certificates(AUTHORITY));
    let (_server, issuer) = start(chain, SELF_SIGNED_KEY, "issuer.test").await;
    assert_eq!(
        verified_by(&issuer, &[], &listed, 0).await,
        Err(WebIdentityError::ThumbprintMismatch)
    );
    assert_eq!(
        verified_by(&issuer, &[AUTHORITY], &listed, 0).await,
        Err(WebIdentityError::ThumbprintMismatch)
    );
}

#[tokio::test]
async fn a_listed_certificate_holds_for_its_host_and_its_time_only() {
    let own = certificates(SELF_SIGNED);
    let listed = [thumbprint(&own[0])];
    let (_server, issuer) = start(own.clone(), SELF_SIGNED_KEY, "issuer.test").await;
    assert_eq!(
        verified_by(&issuer, &[], &listed, 0).await,
        Ok(VerificationMethod::Thumbprint)
    );
    // The certificates of these tests are good from 2026 to 2045.
    for at in [1_000_000_000, -100_000_000] {
        let refused = verified_by(&issuer, &[], &listed, at).await;
        assert_eq!(refused, Err(WebIdentityError::ThumbprintMismatch), "{at}");
    }
    let chain = certificates(CHAIN);
    let listed = [
        thumbprint(&own[0]),
        thumbprint(&chain[0]),
        thumbprint(&chain[1]),
    ];
    for (chain, key) in [(own, SELF_SIGNED_KEY), (chain, CHAIN_KEY)] {
        let (_server, issuer) = start(chain, key, "other.test").await;
        let refused = verified_by(&issuer, &[AUTHORITY], &listed, 0).await;
        assert_eq!(refused, Err(WebIdentityError::ThumbprintMismatch));
    }
}

#[tokio::test]
async fn keys_that_one_list_vouches_for_are_not_another_s() {
    let own = certificates(SELF_SIGNED);
    let listed = [thumbprint(&own[0])];
    let (_server, issuer) = start(own, SELF_SIGNED_KEY, "issuer.test").await;
    let world = World::new(std::slice::from_ref(&issuer), Vec::new(), TIME);
    assert!(world.keys_of(&issuer, &listed, "a").await.is_ok());
    for other in [&[][..], &["0".repeat(40)]] {
        assert_eq!(
            world.keys_of(&issuer, other, "a").await.map(|_| ()),
            Err(WebIdentityError::ThumbprintMismatch)
        );
    }
    assert!(world.keys_of(&issuer, &listed, "a").await.is_ok());
}
