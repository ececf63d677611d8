//! AWS's own signing test suite, in both directions: our signer makes its signatures, our verifier accepts them.

use super::{credentials, sha256_hex, verify};
use crate::time::parse_basic;
use crate::{Expected, PathStyle, Payload, RequestParts, SignedRequest, Signing, presign, sign};

const SUITE: &str = include_str!("aws_signing_test_suite.txt");

#[derive(Clone, Debug, Default)]
struct Facts {
    signed_headers: String,
    canonical_sha256: String,
    signature: String,
}

#[derive(Clone, Debug, Default)]
struct Case {
    name: String,
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
    body: String,
    token: Option<String>,
    token_unsigned: Option<String>,
    verbatim: bool,
    sign_body: bool,
    time: i64,
    region: String,
    service: String,
    in_header: Option<Facts>,
    in_query: Option<Facts>,
}

fn facts(text: &str) -> Facts {
    let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let [signed_headers, canonical_sha256, signature] = words.try_into().expect("three facts");
    Facts {
        signed_headers,
        canonical_sha256,
        signature,
    }
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in SUITE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        if key == "case" {
            cases.push(Case {
                name: value.to_owned(),
                time: parse_basic(b"20150830T123600Z").expect("a date"),
                region: "us-east-1".to_owned(),
                service: "service".to_owned(),
                ..Case::default()
            });
            continue;
        }
        let case = cases.last_mut().expect("a case first");
        match key {
            "request" => {
                let (method, target) = value.split_once(' ').expect("method and target");
                let (path, query) = target
                    .split_once('?')
                    .map_or((target, None), |(path, query)| (path, Some(query)));
                (case.method, case.path, case.query) =
                    (method.into(), path.into(), query.map(str::to_owned));
            }
            "header" => {
                let (name, value) = value.split_once(':').expect("name and value");
                case.headers
                    .push((name.to_owned(), value.replace("\\n", "\n")));
            }
            "body" => case.body = value.to_owned(),
            "token" => case.token = Some(value.to_owned()),
            "token-unsigned" => case.token_unsigned = Some(value.to_owned()),
            "verbatim" => case.verbatim = true,
            "sign-body" => case.sign_body = true,
            "time" => case.time = parse_basic(value.as_bytes()).expect("a date"),
            "scope" => {
                let (region, service) = value.split_once('/').expect("region and service");
                (case.region, case.service) = (region.into(), service.into());
            }
            "in-header" => case.in_header = Some(facts(value)),
            "in-query" => case.in_query = Some(facts(value)),
            other => panic!("{other}?"),
        }
    }
    cases
}

impl Case {
    fn parts<'a>(&'a self, headers: &'a Vec<(String, String)>) -> RequestParts<'a> {
        RequestParts {
            method: &self.method,
            query: self.query.as_deref(),
            headers,
            payload: Payload::Body(self.body.as_bytes()),
            path_style: if self.verbatim {
                PathStyle::Verbatim
            } else {
                PathStyle::Normalized
            },
            ..RequestParts::get(&self.path)
        }
    }

    /// Parses a request as the suite has it, compares its canonical form and verifies the suite's signature.
    fn accept(&self, parts: &RequestParts<'_>, facts: &Facts) {
        let services = [&*self.service];
        let signed =
            SignedRequest::parse(parts, &Expected::new(&services), self.time).expect(&self.name);
        let canonical = signed.canonical_request();
        assert_eq!(
            sha256_hex(&canonical),
            facts.canonical_sha256,
            "{}:\n{}",
            self.name,
            String::from_utf8_lossy(&canonical)
        );
        if facts.signature != "-" {
            assert_eq!(verify(&signed), Ok(()), "{}", self.name);
        }
    }

    fn check_header_form(&self, facts: &Facts) {
        let mut headers = self.headers.clone();
        if self.sign_body {
            headers.push((
                "x-amz-content-sha256".to_owned(),
                sha256_hex(self.body.as_bytes()),
            ));
        }
        let names: Vec<String> = headers
            .iter()
            .map(|(name, _)| name.to_lowercase())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let credentials = credentials("AKIDEXAMPLE", self.token.as_deref());
        let signing = Signing {
            credentials: &credentials,
            region: &self.region,
            service: &self.service,
            headers: &names,
        };
        let added = sign(&self.parts(&headers), &signing, self.time);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{}/{}/{}/aws4_request, SignedHeaders={}, Signature={}",
            crate::time::basic_text(self.time)
                .split('T')
                .next()
                .unwrap(),
            self.region,
            self.service,
            facts.signed_headers,
            facts.signature,
        );
        if facts.signature != "-" {
            let (name, value) = added.last().expect("a header");
            assert_eq!(
                (*name, value),
                ("authorization", &authorization),
                "{}",
                self.name
            );
        }
        headers.extend(
            added
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        headers.pop();
        headers.push(("Authorization".to_owned(), authorization));
        headers.extend(
            self.token_unsigned
                .iter()
                .map(|token| ("X-Amz-Security-Token".to_owned(), token.clone())),
        );
        self.accept(&self.parts(&headers), facts);
    }

    fn check_query_form(&self, facts: &Facts) {
        let names: Vec<String> = self
            .headers
            .iter()
            .map(|(name, _)| name.to_lowercase())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let credentials = credentials("AKIDEXAMPLE", self.token.as_deref());
        let signing = Signing {
            credentials: &credentials,
            region: &self.region,
            service: &self.service,
            headers: &names,
        };
        let query = presign(&self.parts(&self.headers), &signing, 3600, self.time);
        assert!(
            query.ends_with(&format!("&X-Amz-Signature={}", facts.signature)),
            "{}: {query}",
            self.name
        );
        self.accept(
            &RequestParts {
                query: Some(&query),
                ..self.parts(&self.headers)
            },
            facts,
        );
    }
}

#[test]
fn every_case() {
    let cases = cases();
    let (mut in_header, mut in_query) = (0, 0);
    for case in &cases {
        if let Some(facts) = &case.in_header {
            case.check_header_form(facts);
            in_header += 1;
        }
        if let Some(facts) = &case.in_query {
            case.check_query_form(facts);
            in_query += 1;
        }
    }
    assert_eq!((cases.len(), in_header, in_query), (40, 40, 38));
}
