use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use http_body_util::BodyExt as _;

use super::*;

/// Makes credentials that last 900 seconds, unless it is told to fail.
#[derive(Default)]
struct Source {
    now: AtomicI64,
    made: AtomicUsize,
    tried: AtomicUsize,
    fails: std::sync::atomic::AtomicBool,
}

impl ContainerSource for Arc<Source> {
    async fn renew(&self) -> Result<ContainerCredentials, ContainerError> {
        self.tried.fetch_add(1, Ordering::SeqCst);
        // Others get their turn, so that two renewals could meet.
        tokio::task::yield_now().await;
        if self.fails.load(Ordering::SeqCst) {
            return Err(ContainerError::Unavailable("gone".to_owned()));
        }
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        Ok(ContainerCredentials {
            body: format!("session {number}").into(),
            expires: self.now.load(Ordering::SeqCst) + 900,
        })
    }

    fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }
}

fn endpoint() -> (Arc<Source>, Arc<Endpoint<Arc<Source>>>) {
    let source = Arc::new(Source::default());
    let endpoint = Endpoint {
        source: Arc::clone(&source),
        token: Zeroizing::new("secret".to_owned()),
        kept: Mutex::default(),
    };
    (source, Arc::new(endpoint))
}

async fn ask(endpoint: &Endpoint<Arc<Source>>, request: http::request::Builder) -> (u16, String) {
    let (head, ()) = request.body(()).unwrap().into_parts();
    let reply = endpoint.answer(&head).await;
    let status = reply.status().as_u16();
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn get() -> http::request::Builder {
    http::Request::get("/credentials").header("authorization", "secret")
}

async fn shown(endpoint: &Endpoint<Arc<Source>>) -> String {
    let (status, body) = ask(endpoint, get()).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn only_the_token_opens() {
    let (source, endpoint) = endpoint();
    let bare = || http::Request::get("/credentials");
    for request in [
        bare(),
        bare().header("authorization", ""),
        bare().header("authorization", "secre"),
        bare().header("authorization", "secrets"),
        bare().header("authorization", "Bearer secret"),
        bare()
            .header("authorization", "secret")
            .header("authorization", "secret"),
        http::Request::get("/other"),
    ] {
        let (status, body) = ask(&endpoint, request).await;
        assert_eq!(status, 401, "{body}");
    }
    let other = |method: &str, path: &str| {
        let request = http::Request::builder().method(method).uri(path);
        request.header("authorization", "secret")
    };
    assert_eq!(ask(&endpoint, other("GET", "/")).await.0, 404);
    assert_eq!(ask(&endpoint, other("PUT", "/credentials")).await.0, 405);
    assert_eq!(source.tried.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn renewed_five_minutes_before_the_end_and_once() {
    let (source, endpoint) = endpoint();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let endpoint = Arc::clone(&endpoint);
        asking.spawn(async move { shown(&endpoint).await });
    }
    while let Some(body) = asking.join_next().await {
        assert_eq!(body.unwrap(), "session 0");
    }
    source.now.store(599, Ordering::SeqCst);
    assert_eq!(shown(&endpoint).await, "session 0");
    source.now.store(600, Ordering::SeqCst);
    assert_eq!(shown(&endpoint).await, "session 1");
    assert_eq!(source.tried.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_is_good_is_shown_while_renewing_fails() {
    let (source, endpoint) = endpoint();
    assert_eq!(shown(&endpoint).await, "session 0");
    source.fails.store(true, Ordering::SeqCst);
    for moment in [700, 701, 709] {
        source.now.store(moment, Ordering::SeqCst);
        assert_eq!(shown(&endpoint).await, "session 0");
    }
    assert_eq!(source.tried.load(Ordering::SeqCst), 2, "there is a pause");
    source.now.store(710, Ordering::SeqCst);
    assert_eq!(shown(&endpoint).await, "session 0");
    assert_eq!(source.tried.load(Ordering::SeqCst), 3);
    source.now.store(900, Ordering::SeqCst);
    let (status, body) = ask(&endpoint, get()).await;
    assert_eq!(
        (status, body.as_str()),
        (503, r#"{"Code":"Unavailable","Message":"gone"}"#)
    );
    source.fails.store(false, Ordering::SeqCst);
    source.now.store(910, Ordering::SeqCst);
    assert_eq!(shown(&endpoint).await, "session 1");
}
