//! Times the hot path: parsing and verifying a `POST` to IAM with 120 bytes of body and 4 signed headers.
//!
//! `cargo bench -p keyward-sigv4` prints nanoseconds an operation, the least of several rounds.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a stopwatch that prints is what a benchmark is"
)]

use std::hint::black_box;
use std::time::Instant;

use hmac::{Hmac, KeyInit as _};
use keyward_sigv4::{
    Credentials, Expected, Payload, RequestParts, SecretKey, SignatureError, SignedRequest,
    Signing, SigningKey, presign, sign,
};
use sha2::{Digest as _, Sha256};

const NOW: i64 = 1_767_323_045;
const ROUNDS: u32 = 7;
const REPEATS: u32 = 50_000;

/// Times an operation whose name holds the argument of the command, where there is one.
fn time(what: &str, mut operation: impl FnMut()) {
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    if wanted.is_some_and(|wanted| !what.contains(&wanted)) {
        return;
    }
    let least = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            (0..REPEATS).for_each(|_| operation());
            start.elapsed().as_nanos() / u128::from(REPEATS)
        })
        .min();
    println!("{what:<48} {:>6} ns", least.unwrap_or_default());
}

fn sha_mac(prepared: &Hmac<Sha256>, message: &[u8]) -> [u8; 32] {
    let mut mac = prepared.clone();
    hmac::Mac::update(&mut mac, message);
    hmac::Mac::finalize(mac).into_bytes().into()
}

fn main() -> Result<(), SignatureError> {
    let credentials = Credentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret: SecretKey::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
        session_token: None,
    };
    let body = format!(
        "Action=ListUsers&Version=2010-05-08&PathPrefix=%2F&Marker={}",
        "m".repeat(62)
    );
    let expected = Expected::new(&["iam", "sts"]);
    let signing = Signing {
        credentials: &credentials,
        region: "us-east-1",
        service: "iam",
        headers: &["content-type", "x-amz-target"],
    };
    let mut headers = vec![
        ("host", "iam.example.test".to_owned()),
        (
            "user-agent",
            "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1".to_owned(),
        ),
        (
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
        ),
        ("x-amz-target", "bench".to_owned()),
        ("content-length", "120".to_owned()),
    ];
    let unsigned = headers.clone();
    let parts = RequestParts {
        method: "POST",
        headers: &unsigned,
        payload: Payload::Body(body.as_bytes()),
        ..RequestParts::get("/")
    };
    headers.extend(sign(&parts, &signing, NOW));
    let parts = RequestParts {
        headers: &headers,
        ..parts
    };
    let signed = SignedRequest::parse(&parts, &expected, NOW)?;
    let key = signed.derive_key(&credentials.secret);
    println!(
        "body {} bytes, signed headers {}",
        body.len(),
        signed.signed_headers()
    );

    let canonical = signed.canonical_request();
    let string_to_sign = signed.string_to_sign();
    let mac = Hmac::<Sha256>::new(&[7; 64].into());
    time("the hashes of a verification alone", || {
        let _ = black_box(Sha256::digest(black_box(body.as_bytes())));
        let _ = black_box(Sha256::digest(black_box(&canonical)));
        let _ = black_box(sha_mac(&mac, black_box(&string_to_sign)));
    });
    time("parse alone", || {
        let _ = black_box(SignedRequest::parse(black_box(&parts), &expected, NOW));
    });
    time("verify, cached signing key", || {
        let _ = black_box(black_box(&signed).verify(&key));
    });
    time("parse + verify, cached signing key", || {
        let signed = SignedRequest::parse(black_box(&parts), &expected, NOW);
        let _ = black_box(signed.and_then(|signed| signed.verify(&key)));
    });
    time("refuse an unknown access key", || {
        let _ = black_box(black_box(&signed).refuse_unknown_key());
    });
    time("derive a signing key", || {
        let _ = black_box(SigningKey::derive(
            &credentials.secret,
            "20260102",
            "us-east-1",
            "iam",
        ));
    });
    time("sign", || {
        let _ = black_box(sign(black_box(&parts), &signing, NOW));
    });

    let query = presign(
        &RequestParts {
            query: Some("Action=GetCallerIdentity&Version=2011-06-15"),
            headers: &unsigned,
            ..RequestParts::get("/")
        },
        &Signing {
            headers: &[],
            ..signing
        },
        900,
        NOW,
    );
    let parts = RequestParts {
        query: Some(&query),
        headers: &unsigned,
        ..RequestParts::get("/")
    };
    SignedRequest::parse(&parts, &expected, NOW)?.verify(&key)?;
    time("presigned GET: parse + verify", || {
        let signed = SignedRequest::parse(black_box(&parts), &expected, NOW);
        let _ = black_box(signed.and_then(|signed| signed.verify(&key)));
    });
    Ok(())
}
