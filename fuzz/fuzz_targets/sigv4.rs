//! Signed requests: header, query, path and date.

#![no_main]

use keyward_sigv4::{Expected, RequestParts, SecretKey, SignedRequest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, Option<&str>, &str, &str)| {
    let (path, query, authorization, date) = input;
    let headers: &[(&str, &str)] = &[
        ("host", "iam.example"),
        ("authorization", authorization),
        ("x-amz-date", date),
    ];
    for headers in [headers, &headers[..1]] {
        let mut parts = RequestParts::get(path);
        parts.query = query;
        parts.headers = &headers;
        if let Ok(signed) =
            SignedRequest::parse(&parts, &Expected::new(&["iam", "sts"]), 1_700_000_000)
        {
            let key = signed.derive_key(&SecretKey::new("secret".to_owned()));
            let _ = (signed.verify(&key), signed.canonical_request());
        }
    }
});
