//! What is refused, in which order, and in which words.

use super::{NOW, verify};
use crate::time::basic_text;
use crate::{Expected, RegionRule, RequestParts, SignatureError, SignedRequest, limits};

const DATE: (&str, &str) = ("X-Amz-Date", "20260102T030405Z");
const HOST: (&str, &str) = ("Host", "iam.example.test");
const SCOPE: &str = "AKID/20260102/us-east-1/iam/aws4_request";

fn parse(parts: &RequestParts<'_>) -> Result<(), SignatureError> {
    SignedRequest::parse(parts, &Expected::new(&["iam", "sts"]), NOW).map(|_| ())
}

/// Says how a request is refused: `status code message`, or `parsed`.
fn answer(parts: &RequestParts<'_>) -> String {
    match parse(parts) {
        Ok(()) => "parsed".to_owned(),
        Err(error) => format!("{} {} {}", error.status(), error.code(), error.message()),
    }
}

fn with_headers(headers: &[(&str, &str)]) -> String {
    answer(&RequestParts {
        headers: &headers.to_vec(),
        ..RequestParts::get("/")
    })
}

fn authorized(authorization: &str) -> String {
    with_headers(&[HOST, DATE, ("Authorization", authorization)])
}

fn queried(query: &str) -> String {
    answer(&RequestParts {
        query: Some(query),
        headers: &[HOST],
        ..RequestParts::get("/")
    })
}

const MISSING: &str = "403 MissingAuthenticationToken Request is missing Authentication Token";

#[test]
fn no_credentials() {
    assert_eq!(with_headers(&[HOST, DATE]), MISSING);
    for other in [
        "",
        "Basic dXNlcjpwdw==",
        "Bearer AWS4-HMAC-SHA256",
        "aws4-hmac-sha256 Credential=a",
        "\u{e9}",
    ] {
        assert_eq!(authorized(other), MISSING, "{other}");
    }
    assert_eq!(
        queried("AWSAccessKeyId=AKID&Signature=x&SignatureVersion=2&SignatureMethod=HmacSHA256"),
        MISSING
    );
    assert_eq!(queried("X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256"), MISSING);
    assert_eq!(queried("x-amz-algorithm=AWS4-HMAC-SHA256"), MISSING);
}

#[test]
fn authorization_header() {
    assert_eq!(
        authorized("AWS AKID:c2ln"),
        "400 IncompleteSignature Unsupported AWS 'algorithm': 'AWS'."
    );
    assert_eq!(
        authorized("AWS4-ECDSA-P256-SHA256 Credential=a"),
        "400 IncompleteSignature Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'."
    );
    assert_eq!(
        with_headers(&[HOST, ("Authorization", "AWS4-HMAC-SHA256")]),
        "400 IncompleteSignature Authorization header requires 'Credential' parameter. Authorization header requires \
         'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires \
         existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256"
    );
    assert_eq!(
        authorized("AWS4-HMAC-SHA256 Signature=s, credential=c, SignedHeaders=host"),
        "400 IncompleteSignature Authorization header requires 'Credential' parameter. Authorization=AWS4-HMAC-SHA256"
    );
    for (broken, hash) in [
        (
            "AWS4-HMAC-SHA256 Credential",
            "KfSoC26UaBDGXxo5AUFS45c1cmAbyLKDOxOTKcZYWt4=",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=AK ID/20260102/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=s",
            "",
        ),
    ] {
        let answer = authorized(broken);
        let prefix = "400 IncompleteSignature Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '";
        let rest = answer.strip_prefix(prefix).expect(&answer);
        assert!(rest.ends_with("='.") && rest.len() == 46, "{rest}");
        assert!(hash.is_empty() || rest == format!("{hash}'."), "{rest}");
    }
    for credential in [
        "",
        "AKID",
        "AKID/20260102/us-east-1/iam",
        "AKID/20260102/us-east-1/iam/aws4_request/x",
    ] {
        assert_eq!(
            authorized(&format!(
                "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=s"
            )),
            format!(
                "400 IncompleteSignature Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            )
        );
    }
}

#[test]
fn forms_of_the_header_that_are_accepted() {
    for good in [
        format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-date, Signature=s"),
        format!("AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders=host;x-amz-date,Signature=s"),
        format!("AWS4-HMAC-SHA256   Signature=s , SignedHeaders=host,\tCredential={SCOPE}"),
        format!(
            "AWS4-HMAC-SHA256 Credential=x, Credential={SCOPE}, SignedHeaders=host, Signature=s, Other=1"
        ),
        format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=:authority, Signature=s="),
    ] {
        assert_eq!(authorized(&good), "parsed", "{good}");
        // Of several headers the first counts.
        assert_eq!(
            with_headers(&[HOST, DATE, ("Authorization", &good), ("Authorization", "x")]),
            "parsed"
        );
    }
}

#[test]
fn signed_query() {
    assert_eq!(
        queried("X-Amz-Algorithm=AWS4-HMAC-SHA256"),
        "400 IncompleteSignature AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string \
         parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. \
         AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."
    );
    let good = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={SCOPE}&X-Amz-Date=20260102T030405Z&X-Amz-SignedHeaders=host&X-Amz-Signature=s"
    );
    assert_eq!(queried(&good), "parsed");
    assert_eq!(
        queried(&format!("{good}&X-Amz-Credential=x&X-Amz-Expires=nonsense")),
        "parsed"
    );
    assert_eq!(
        queried(&good.replace("&X-Amz-Signature=s", "")),
        "400 IncompleteSignature AWS query-string parameters must include 'X-Amz-Signature'. Re-examine the query-string parameters."
    );
    // The extended form is for the header only.
    assert_eq!(
        queried(&good.replace("20260102T030405Z", "2026-01-02T03:04:05Z")),
        "400 IncompleteSignature Date must be in ISO-8601 'basic format'. Got '2026-01-02T03:04:05Z'. See http://en.wikipedia.org/wiki/ISO_8601"
    );
    let both: &[(&str, &str)] = &[HOST, ("Authorization", "Bearer x")];
    let both = RequestParts {
        query: Some(&good),
        headers: &both.to_vec(),
        ..RequestParts::get("/")
    };
    assert_eq!(answer(&both), "403 SignatureDoesNotMatch ");
    // A token in the header of a query-signed request is ignored.
    let headers = [HOST, ("X-Amz-Security-Token", "other")];
    let token = format!("{good}&X-Amz-Security-Token=t%2Bk");
    for (query, expected) in [(&good, None), (&token, Some("t+k"))] {
        let parts = RequestParts {
            query: Some(query),
            headers: &headers,
            ..RequestParts::get("/")
        };
        let signed = SignedRequest::parse(&parts, &Expected::new(&["iam"]), NOW).unwrap();
        assert_eq!(signed.session_token(), expected);
    }
}

#[test]
fn request_line() {
    for path in ["/../x", "x", "*"] {
        assert_eq!(
            answer(&RequestParts::get(path)),
            "400 BadRequest ",
            "{path}"
        );
    }
    for method in ["", "GET ", "G\nET", "GÉT"] {
        assert_eq!(
            answer(&RequestParts {
                method,
                ..RequestParts::get("/")
            }),
            "400 BadRequest ",
            "{method}"
        );
    }
    assert_eq!(
        queried("a=%"),
        "400 MalformedQueryString Incomplete trailing escape % sequence"
    );
    assert_eq!(
        queried("a=%4x"),
        "400 MalformedQueryString Illegal hex character in escape % pattern: %4x"
    );
    let many = vec!["a"; limits::QUERY_PARAMETERS + 1].join("&");
    assert_eq!(
        queried(&many),
        "400 MalformedQueryString The query string has too many parameters."
    );
}

#[test]
fn signed_headers() {
    let check = |list: &str, expected: &str| {
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders={list}, Signature=s");
        assert_eq!(authorized(&authorization), expected, "{list}");
    };
    let host = "403 SignatureDoesNotMatch 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
    check("", host);
    check("x-amz-date", host);
    check("Host", host);
    check("hosts;x-host", host);
    check("host", "parsed");
    check(":authority", "parsed");
    check(
        &format!("host{}", ";x".repeat(limits::SIGNED_HEADERS - 1)),
        "parsed",
    );
    check(
        &format!("host{}", ";x".repeat(limits::SIGNED_HEADERS)),
        "400 IncompleteSignature Too many headers are named in 'SignedHeaders'.",
    );
}

#[test]
fn dates_and_skew() {
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=s");
    let check = |dates: &[(&str, &str)], expected: &str| {
        let headers = [&[HOST, ("Authorization", &*authorization)], dates].concat();
        assert_eq!(with_headers(&headers), expected, "{dates:?}");
    };
    check(&[("Date", "Fri, 02 Jan 2026 03:04:05 GMT")], "parsed");
    check(&[("Date", "Fri, 02 Jan 2026 04:04:05 +0100")], "parsed");
    check(&[("X-Amz-Date", "2026-01-02T03:04:05Z")], "parsed");
    check(
        &[("Date", "nonsense"), ("X-Amz-Date", "20260102T030405Z")],
        "parsed",
    );
    check(
        &[
            ("X-Amz-Date", "20260102T030405Z"),
            ("X-Amz-Date", "nonsense"),
        ],
        "parsed",
    );
    check(
        &[
            ("Date", "20260102T030405Z"),
            ("X-Amz-Date", "Fri, 02 Jan 2026 03:04:05 GMT"),
        ],
        "400 IncompleteSignature Date must be in ISO-8601 'basic format'. Got 'Fri, 02 Jan 2026 03:04:05 GMT'. See http://en.wikipedia.org/wiki/ISO_8601",
    );
    check(&[("X-Amz-Date", &basic_text(NOW - 900))], "parsed");
    check(&[("X-Amz-Date", &basic_text(NOW + 900))], "parsed");
    check(
        &[("X-Amz-Date", &basic_text(NOW - 901))],
        "403 SignatureDoesNotMatch Signature expired: 20260102T024904Z is now earlier than 20260102T024905Z (20260102T030405Z - 15 min.)",
    );
    check(
        &[("X-Amz-Date", &basic_text(NOW + 901))],
        "403 SignatureDoesNotMatch Signature not yet current: 20260102T031906Z is still later than 20260102T031905Z (20260102T030405Z + 15 min.)",
    );
    check(
        &[("X-Amz-Date", "00010101T000000Z")],
        "403 SignatureDoesNotMatch Signature expired: 00010101T000000Z is now earlier than 20260102T024905Z (20260102T030405Z - 15 min.)",
    );
}

#[test]
fn scope() {
    let check = |scope: &str, expected: &str| {
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential=AKID/{scope}, SignedHeaders=host, Signature=s");
        let expected = if expected.is_empty() {
            "parsed".into()
        } else {
            format!("403 SignatureDoesNotMatch {expected}")
        };
        assert_eq!(authorized(&authorization), expected, "{scope}");
    };
    check("20260102/eu-central-1/sts/aws4_request", "");
    check(
        "20260102/local/iam/aws4_request",
        "Credential should be scoped to a valid region. ",
    );
    check(
        "20260102/us-east-1/s3/aws4_request",
        "Credential should be scoped to correct service: 'iam'. ",
    );
    check(
        "20260102/us-east-1/IAM/aws4_request",
        "Credential should be scoped to correct service: 'iam'. ",
    );
    check(
        "20260102/us-east-1/iam/AWS4_request",
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'AWS4_request'. ",
    );
    check(
        "20260101/us-east-1/iam/aws4_request",
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260101' != '20260102', from '20260102T030405Z'. ",
    );
    check(
        "x///",
        "Credential should be scoped to a valid region. Credential should be scoped to correct service: 'iam'. \
         Credential should be scoped with a valid terminator: 'aws4_request', not ''. \
         Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'x' != '20260102', from '20260102T030405Z'. ",
    );

    let headers = [
        HOST,
        DATE,
        (
            "Authorization",
            &*format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=s"),
        ),
    ];
    let parts = RequestParts {
        headers: &headers,
        ..RequestParts::get("/")
    };
    let here = Expected {
        region: RegionRule::OneOf(&["us-east-1"]),
        ..Expected::new(&["iam"])
    };
    let elsewhere = Expected {
        region: RegionRule::OneOf(&["us-west-2"]),
        ..here
    };
    assert!(SignedRequest::parse(&parts, &here, NOW).is_ok());
    let refused = SignedRequest::parse(&parts, &elsewhere, NOW)
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        refused.message(),
        "Credential should be scoped to a valid region. "
    );
}

/// Each request has the fault of its row and of every row below it; the fault of its own row is reported.
#[test]
fn order_of_checks() {
    let old = ("X-Amz-Date", "20250102T030405Z");
    let bad_date = ("X-Amz-Date", "x");
    let bytes: &[(&str, &[u8])] = &[
        ("Host", b"h"),
        ("X-Amz-Date", b"20260102T030405Z"),
        ("X-Amz-Security-Token", b"\xff"),
        (
            "Authorization",
            b"AWS4-HMAC-SHA256 Credential=A/x/y/z/w, SignedHeaders=host, Signature=",
        ),
    ];
    let check = |query: &str, date: (&str, &str), authorization: &str, expected: &str| {
        let headers = [HOST, date, ("Authorization", authorization)];
        let parts = RequestParts {
            query: Some(query),
            headers: &headers,
            ..RequestParts::get("/")
        };
        let code = parse(&parts).unwrap_err().to_string();
        assert!(code.contains(expected), "{expected}: {code}");
    };
    let broken = "AWS4-HMAC-SHA256 Credential=A/x, SignedHeaders=x, Signature";
    check("a=%&X-Amz-Algorithm=x", bad_date, broken, "trailing escape");
    check("X-Amz-Algorithm=x", bad_date, broken, "both the header");
    check("", bad_date, broken, "equal-sign");
    check(
        "",
        bad_date,
        "AWS4-HMAC-SHA256 Credential=A/x, SignedHeaders=x",
        "'Signature' parameter",
    );
    check(
        "",
        bad_date,
        "AWS4-HMAC-SHA256 Credential=A/x, SignedHeaders=x, Signature=",
        "must be a 'SignedHeader'",
    );
    check(
        "",
        bad_date,
        "AWS4-HMAC-SHA256 Credential=A/x, SignedHeaders=host, Signature=",
        "ISO-8601 'basic",
    );
    check(
        "",
        old,
        "AWS4-HMAC-SHA256 Credential=A/x, SignedHeaders=host, Signature=",
        "Signature expired",
    );
    check(
        "",
        DATE,
        "AWS4-HMAC-SHA256 Credential=A/x, SignedHeaders=host, Signature=",
        "exactly 5",
    );
    let scope = RequestParts {
        headers: &bytes.to_vec(),
        ..RequestParts::get("/")
    };
    assert!(matches!(parse(&scope), Err(SignatureError::Scope(_))));
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=");
    let token = [
        bytes[0],
        bytes[1],
        bytes[2],
        ("Authorization", authorization.as_bytes()),
    ];
    let token = RequestParts {
        headers: &token,
        ..RequestParts::get("/")
    };
    assert_eq!(parse(&token), Err(SignatureError::SessionTokenInvalid));
}

/// A list that AWS's clients never send is refused even where the signature over it is right.
#[test]
fn unsorted_signed_headers_do_not_verify() {
    let check = |list: &str, expected: Result<(), SignatureError>| {
        let sign = |signature: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders={list}, Signature={signature}"
            )
        };
        let headers = [HOST, DATE, ("a", "1"), ("Authorization", &*sign("-"))];
        let parts = RequestParts {
            headers: &headers,
            ..RequestParts::get("/")
        };
        let signed = SignedRequest::parse(&parts, &Expected::new(&["iam"]), NOW).unwrap();
        let key = signed.derive_key(&super::secret());
        let signature = crate::canonical::signature(&key, &signed.string_to_sign());
        let signature: String = signature.map(char::from).iter().collect();
        let headers = [
            HOST,
            DATE,
            ("a", "1"),
            ("Authorization", &*sign(&signature)),
        ];
        let parts = RequestParts {
            headers: &headers,
            ..RequestParts::get("/")
        };
        let signed = SignedRequest::parse(&parts, &Expected::new(&["iam"]), NOW).unwrap();
        assert_eq!(verify(&signed), expected, "{list}");
        let upper = sign(&signature.to_uppercase());
        let headers = [HOST, DATE, ("a", "1"), ("Authorization", &*upper)];
        let parts = RequestParts {
            headers: &headers,
            ..RequestParts::get("/")
        };
        let signed = SignedRequest::parse(&parts, &Expected::new(&["iam"]), NOW).unwrap();
        assert_eq!(verify(&signed), Err(SignatureError::Mismatch), "{list}");
    };
    check("a;host;x-amz-date", Ok(()));
    check("host", Ok(()));
    check("expect;host", Ok(()));
    check(":authority;a;host", Ok(()));
    for bad in [
        "host;a",
        "a;a;host",
        "A;host",
        "host;",
        ";host",
        "host;x:y",
        "host;é",
        "a;host;host",
    ] {
        check(bad, Err(SignatureError::Mismatch));
    }
}

#[test]
fn texts_for_the_caller() {
    let check = |error: SignatureError, expected: &str| {
        assert_eq!(
            format!("{} {} {}", error.status(), error.code(), error.message()),
            expected
        );
    };
    check(
        SignatureError::AccessKeyUnknown,
        "403 InvalidClientTokenId The security token included in the request is invalid.",
    );
    check(
        SignatureError::SessionTokenInvalid,
        "403 InvalidClientTokenId The security token included in the request is invalid",
    );
    check(
        SignatureError::SessionTokenExpired,
        "403 ExpiredToken The security token included in the request is expired",
    );
    check(
        SignatureError::Mismatch,
        "403 SignatureDoesNotMatch The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
}
