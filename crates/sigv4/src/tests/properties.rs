//! What is signed verifies, what is changed does not, and nothing panics.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{NOW, credentials, verify};
use crate::{
    Credentials, Expected, PathStyle, Payload, RequestParts, SignatureError, SignedRequest,
    Signing, presign, sign,
};

type HeaderList = Vec<(String, Vec<u8>)>;

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
struct Wire {
    method: String,
    path: String,
    query: Option<String>,
    headers: HeaderList,
    body: Vec<u8>,
    path_style: PathStyle,
}

impl Wire {
    fn parts(&self) -> RequestParts<'_> {
        RequestParts {
            method: &self.method,
            path: &self.path,
            query: self.query.as_deref(),
            authority: None,
            headers: &self.headers,
            payload: Payload::Body(&self.body),
            path_style: self.path_style,
        }
    }

    fn verify(&self) -> Result<(), SignatureError> {
        let signed = SignedRequest::parse(&self.parts(), &Expected::new(&["iam"]), NOW)?;
        // The key's id is bound by the look-up of its secret.
        if signed.access_key_id() != "AKIDEXAMPLE" {
            return Err(signed.refuse_unknown_key());
        }
        verify(&signed)
    }

    /// Signs in the header, with every header that it has.
    fn signed(mut self, credentials: &Credentials) -> Self {
        let names: Vec<String> = self
            .headers
            .iter()
            .map(|(name, _)| name.to_lowercase())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let signing = Signing {
            credentials,
            region: "us-east-1",
            service: "iam",
            headers: &names,
        };
        let added = sign(&self.parts(), &signing, NOW);
        self.headers.extend(
            added
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into_bytes())),
        );
        self
    }

    /// Signs in the query, with every header that it has.
    fn presigned(mut self, credentials: &Credentials) -> Self {
        let names: Vec<String> = self
            .headers
            .iter()
            .map(|(name, _)| name.to_lowercase())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let signing = Signing {
            credentials,
            region: "us-east-1",
            service: "iam",
            headers: &names,
        };
        self.query = Some(presign(&self.parts(), &signing, 900, NOW));
        self
    }
}

fn some_path_style() -> impl Strategy<Value = PathStyle> {
    prop_oneof![Just(PathStyle::Normalized), Just(PathStyle::Verbatim)]
}

/// Paths without escapes or dot segments: those have several spellings of one canonical form.
fn some_wire() -> impl Strategy<Value = Wire> {
    (
        prop_oneof![Just("GET"), Just("POST"), Just("PUT")],
        "(/[a-zA-Z0-9_~:é-]{1,6}){0,3}",
        proptest::option::of(
            "[a-z]{1,4}=[a-zA-Z0-9_~éß-]{0,8}(&[A-Z]{1,4}=([a-z]|%2F|%C3%A9){0,4}){0,4}",
        ),
        vec(("x-[a-z]{1,5}", "[!-~]{1,6}( [!-~]{1,6}){0,2}"), 0..4),
        vec(any::<u8>(), 0..200),
        some_path_style(),
    )
        .prop_map(|(method, path, query, headers, body, path_style)| {
            let mut headers: HeaderList = headers
                .into_iter()
                .map(|(name, value)| (name, value.into_bytes()))
                .collect();
            headers.push(("Host".to_owned(), b"iam.example.test:7600".to_vec()));
            Wire {
                method: method.to_owned(),
                path,
                query,
                headers,
                body,
                path_style,
            }
        })
}

fn some_credentials() -> impl Strategy<Value = Credentials> {
    proptest::option::of("[a-zA-Z0-9+/=]{1,60}")
        .prop_map(|token| credentials("AKIDEXAMPLE", token.as_deref()))
}

/// Replaces one ASCII letter or digit of a text, or appends one where it has none; never yields the same text.
fn change_text(text: &str, at: usize) -> String {
    let places: Vec<usize> = text
        .bytes()
        .enumerate()
        .filter(|(_, b)| b.is_ascii_alphanumeric())
        .map(|(i, _)| i)
        .collect();
    let Some(place) = places.get(at % places.len().max(1)) else {
        return format!("{text}a");
    };
    let mut bytes = text.as_bytes().to_vec();
    bytes[*place] = match bytes[*place] {
        // Stays valid in an escape, in a number and in hexadecimal.
        b'0'..=b'8' => bytes[*place] + 1,
        b'9' => b'0',
        b'f' | b'z' => b'a',
        b'F' | b'Z' => b'A',
        letter => letter + 1,
    };
    String::from_utf8(bytes).unwrap()
}

/// Every way to change one byte of what is signed.
fn changes(wire: &Wire, at: usize) -> Vec<(&'static str, Wire)> {
    let mut changed = vec![
        (
            "method",
            Wire {
                method: change_text(&wire.method, at),
                ..wire.clone()
            },
        ),
        (
            "method case",
            Wire {
                method: wire.method.to_lowercase(),
                ..wire.clone()
            },
        ),
        (
            "path",
            Wire {
                path: change_text(
                    if wire.path.is_empty() {
                        "/"
                    } else {
                        &wire.path
                    },
                    at,
                ),
                ..wire.clone()
            },
        ),
        (
            "body longer",
            Wire {
                body: [&*wire.body, b"\0"].concat(),
                ..wire.clone()
            },
        ),
        (
            "query longer",
            Wire {
                query: Some(
                    wire.query
                        .as_deref()
                        .map_or("z".into(), |q| format!("{q}&z")),
                ),
                ..wire.clone()
            },
        ),
    ];
    if !wire.body.is_empty() {
        let mut body = wire.body.clone();
        let place = at % body.len();
        body[place] ^= 1 << (at % 8);
        changed.push((
            "body",
            Wire {
                body,
                ..wire.clone()
            },
        ));
        changed.push((
            "body shorter",
            Wire {
                body: wire.body[1..].to_vec(),
                ..wire.clone()
            },
        ));
    }
    if let Some(query) = wire.query.as_deref().filter(|query| !query.is_empty()) {
        // Escapes of letters have two spellings; change a value outside of them.
        let pieces: Vec<&str> = query.split('&').collect();
        let mut pieces: Vec<String> = pieces.into_iter().map(str::to_owned).collect();
        let place = at % pieces.len();
        let (name, value) = pieces[place].split_once('=').unwrap();
        pieces[place] = format!("{name}={value}x");
        changed.push((
            "query value",
            Wire {
                query: Some(pieces.join("&")),
                ..wire.clone()
            },
        ));
        pieces.remove(place);
        changed.push((
            "query piece",
            Wire {
                query: Some(pieces.join("&")),
                ..wire.clone()
            },
        ));
    }
    for index in 0..wire.headers.len() {
        let name = wire.headers[index].0.clone();
        let mut other = wire.clone();
        let value = &mut other.headers[index].1;
        let place = at % value.len();
        value[place] = if value[place] == b'#' { b'%' } else { b'#' };
        changed.push(("header value", other));
        let mut other = wire.clone();
        other.headers.remove(index);
        // Without a value a signed header counts as empty, which no generated one is.
        changed.push(("header removed", other));
        if name != "authorization" {
            let mut other = wire.clone();
            other.headers.push((name, b"more".to_vec()));
            changed.push(("header repeated", other));
        }
    }
    changed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn signed_in_the_header(wire in some_wire(), credentials in some_credentials(), at in any::<usize>()) {
        let wire = wire.signed(&credentials);
        prop_assert_eq!(wire.verify(), Ok(()));
        for (what, changed) in changes(&wire, at) {
            prop_assert!(changed.verify().is_err(), "{}: {:?}", what, changed);
        }
    }

    #[test]
    fn signed_in_the_query(wire in some_wire(), credentials in some_credentials(), at in any::<usize>()) {
        let wire = wire.presigned(&credentials);
        prop_assert_eq!(wire.verify(), Ok(()));
        for (what, changed) in changes(&wire, at) {
            prop_assert!(changed.verify().is_err(), "{}: {:?}", what, changed);
        }
    }

    #[test]
    fn any_other_signature_is_refused(wire in some_wire(), place in 0_usize..64, digit in "[0-9a-fA-F]") {
        let mut wire = wire.signed(&credentials("AKIDEXAMPLE", None));
        let authorization = &mut wire.headers.last_mut().unwrap().1;
        let start = authorization.len() - 64;
        let before = authorization[start + place];
        authorization[start + place] = digit.as_bytes()[0];
        let expected = if digit.as_bytes()[0] == before { Ok(()) } else { Err(SignatureError::Mismatch) };
        prop_assert_eq!(wire.verify(), expected);
        wire.headers.last_mut().unwrap().1.truncate(start + place);
        prop_assert_eq!(wire.verify(), Err(SignatureError::Mismatch));
    }

    #[test]
    fn order_of_the_query_and_of_other_headers_is_irrelevant(wire in some_wire(), seed in any::<usize>()) {
        let mut wire = wire.presigned(&credentials("AKIDEXAMPLE", Some("token")));
        let mut pieces: Vec<String> = wire.query.take().unwrap().split('&').map(str::to_owned).collect();
        let middle = seed % pieces.len();
        pieces.rotate_left(middle);
        wire.query = Some(pieces.join("&&"));
        wire.headers.push(("x-unsigned-header".to_owned(), b"1".to_vec()));
        prop_assert_eq!(wire.verify(), Ok(()));
    }

    #[test]
    fn arbitrary_requests_do_not_panic(
        method in ".{0,4}",
        path in ".{0,20}|/[./%a-f0-9]{0,20}",
        query in proptest::option::of(".{0,40}|([a&=%+0-9]|X-Amz-[A-Z][a-z]{3,8}=){0,20}"),
        path_style in some_path_style(),
        authorization in prop_oneof![
            vec(any::<u8>(), 0..60),
            "AWS4-HMAC-SHA256 .{0,60}".prop_map(String::into_bytes),
            "AWS4-HMAC-SHA256 (Credential|SignedHeaders|Signature|[a-z])=.{0,10},(Credential|SignedHeaders|Signature)=.{0,40}"
                .prop_map(String::into_bytes),
        ],
        date in vec(any::<u8>(), 0..30),
        now in any::<i64>(),
    ) {
        let headers: HeaderList = vec![("authorization".into(), authorization), ("x-amz-date".into(), date)];
        let wire = Wire { method, path, query, headers, body: Vec::new(), path_style };
        match SignedRequest::parse(&wire.parts(), &Expected::new(&["iam"]), now) {
            Ok(signed) => prop_assert!(verify(&signed).is_err()),
            Err(error) => prop_assert!(error.status() >= 400 && !error.to_string().is_empty()),
        }
    }

    /// Past parsing, with a scope that is right: hashing meets arbitrary text.
    #[test]
    fn arbitrary_signed_requests_do_not_panic(
        path in "/([./%a-f0-9]|é){0,20}",
        query in proptest::option::of("([a&=+:;é]|%[0-9a-f]{2}){0,20}"),
        names in ".{0,20}",
        values in vec(vec(any::<u8>(), 0..20), 0..3),
        token in vec(any::<u8>(), 0..10),
        path_style in some_path_style(),
    ) {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=A/20260102/us-east-1/iam/aws4_request,SignedHeaders=host;{},Signature={}",
            names.replace([',', ' ', '\t'], ";"),
            "0".repeat(64),
        );
        let mut headers: HeaderList = vec![
            ("authorization".into(), authorization.into_bytes()),
            ("x-amz-date".into(), b"20260102T030405Z".to_vec()),
            ("x-amz-security-token".into(), token),
        ];
        headers.extend(values.into_iter().map(|value| ("host".to_owned(), value)));
        let wire = Wire { method: "GET".into(), path, query, headers, body: Vec::new(), path_style };
        let lines = match SignedRequest::parse(&wire.parts(), &Expected::new(&["iam"]), NOW) {
            Ok(signed) => {
                prop_assert!(verify(&signed).is_err());
                let lines = signed.canonical_request().split(|byte| *byte == b'\n').count();
                (lines, signed.signed_headers().split('\n').count(), signed.signed_headers().split(';').count())
            }
            Err(_) => return Ok(()),
        };
        // Values cannot add lines; a name that does is refused.
        prop_assert!(lines.1 > 1 || lines.0 == lines.2 + 6, "{:?}", lines);
    }
}
