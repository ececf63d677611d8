//! What a signature covers: the parts of a request, borrowed.

/// The headers of a request, looked up by name and never copied.
///
/// The implementation for a header map belongs to whoever owns that map; lists of name and value have one here.
///
/// INVARIANT: what `first` returns and the first value that `for_each` visits are the same.
pub trait Headers: Sync {
    /// Returns the first value of a header, exactly as received, or `None` where it was not sent.
    ///
    /// `name` is lower-case; names match without regard to case.
    fn first(&self, name: &str) -> Option<&[u8]>;

    /// Visits every value of a header in the order of arrival; `name` is lower-case.
    fn for_each(&self, name: &str, visit: &mut dyn FnMut(&[u8]));
}

macro_rules! headers_of_a_list {
    ($($list:ty $(, const $length:ident)?;)*) => {$(
        impl<N: AsRef<str> + Sync, V: AsRef<[u8]> + Sync $(, const $length: usize)?> Headers for $list {
            fn first(&self, name: &str) -> Option<&[u8]> {
                let mut values = self.iter().filter(|(sent, _)| sent.as_ref().eq_ignore_ascii_case(name));
                values.next().map(|(_, value)| value.as_ref())
            }

            fn for_each(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
                let values = self.iter().filter(|(sent, _)| sent.as_ref().eq_ignore_ascii_case(name));
                values.for_each(|(_, value)| visit(value.as_ref()));
            }
        }
    )*};
}

headers_of_a_list! {
    &[(N, V)];
    Vec<(N, V)>;
    [(N, V); LENGTH], const LENGTH;
}

/// How the path enters the canonical request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PathStyle {
    /// Every service but S3: dot segments resolved, `//` collapsed, then what was received is encoded once more.
    #[default]
    Normalized,
    /// S3: decoded and encoded once, and nothing else, since keys may hold `//` and `..`.
    Verbatim,
}

/// What enters the canonical request for the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// The SHA-256 of these bytes, the body as received: every service but S3.
    Body(&'a [u8]),
    /// This text, such as the value of `x-amz-content-sha256` or `UNSIGNED-PAYLOAD`: S3.
    ///
    /// Whoever gives it must check the body against it; a signature says nothing of a body that it did not cover.
    Given(&'a str),
}

/// The parts of a request, exactly as they were received.
#[derive(Clone, Copy)]
pub struct RequestParts<'a> {
    /// `GET`, `POST`…; upper-case where the client sent it so.
    pub method: &'a str,
    /// The path as received: percent escapes neither decoded nor added, `/a%20b`. Empty means `/`.
    pub path: &'a str,
    /// What follows the first `?`, without it; `None` where there was no `?`.
    pub query: Option<&'a str>,
    /// HTTP/2's `:authority`, which stands in where there is no `host` header; `None` in HTTP/1.1.
    pub authority: Option<&'a str>,
    /// All headers as received, the unsigned ones too.
    pub headers: &'a dyn Headers,
    /// The body.
    pub payload: Payload<'a>,
    /// How the service canonicalizes paths.
    pub path_style: PathStyle,
}

impl<'a> RequestParts<'a> {
    /// Returns a `GET` of a path without query, headers or body, to be filled in: `..RequestParts::get("/")`.
    #[must_use]
    pub fn get(path: &'a str) -> Self {
        const NO_HEADERS: &[(&str, &[u8]); 0] = &[];
        Self {
            method: "GET",
            path,
            query: None,
            authority: None,
            headers: NO_HEADERS,
            payload: Payload::Body(b""),
            path_style: PathStyle::Normalized,
        }
    }
}
