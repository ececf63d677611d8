//! Time, size and place of a fetch.

use std::sync::atomic::Ordering;

use keyward_web_identity::WebIdentityError;

use crate::support::{ISSUER, Reply, SHORT, Server, TIME, World, discovery_of, keys};

const UNAVAILABLE: WebIdentityError = WebIdentityError::VerificationKeyUnavailable;

#[tokio::test]
async fn a_hanging_or_trickling_issuer_costs_the_time_of_one_fetch() {
    for slow in [Reply::Hang, Reply::Trickle] {
        for is_discovery in [true, false] {
            let server = Server::start(None).await;
            if is_discovery {
                server.answers_discovery(slow.clone());
            } else {
                server.answers_keys(slow.clone());
            }
            let world = World::plain(&server, SHORT);
            let error = world.has("a").await.unwrap_err();
            assert_eq!(error.code(), "IDPCommunicationError");
        }
    }
}

#[tokio::test]
async fn a_huge_key_set_is_refused_without_being_read() {
    let server = Server::start(None).await;
    let world = World::plain(&server, TIME);
    let huge = "Content-Length: 10485760\r\n";
    server.answers_keys(Reply::Raw(format!("HTTP/1.1 200 OK\r\n{huge}\r\n{{")));
    assert_eq!(world.has("a").await, Err(UNAVAILABLE));
    // One that does not say how long it is.
    server.answers_keys(Reply::Endless);
    world.at(5);
    assert_eq!(world.has("a").await, Err(UNAVAILABLE));
    let sent = server.counts.bytes.load(Ordering::Relaxed);
    assert!(sent < 10 << 20, "{sent} bytes went out");
    server.answers_discovery(Reply::Endless);
    world.at(10);
    assert_eq!(world.has("a").await, Err(UNAVAILABLE));
    // A head without end, too.
    server.answers_discovery(Reply::Raw(format!(
        "HTTP/1.1 200 OK\r\nA: {}",
        "a".repeat(100_000)
    )));
    world.at(15);
    assert_eq!(world.has("a").await, Err(UNAVAILABLE));
}

#[tokio::test]
async fn nothing_is_followed_elsewhere() {
    let server = Server::start(None).await;
    let other = Server::start(None).await;
    let world = World::plain(&server, TIME);
    let redirect = |status: u16, to: &str| {
        Reply::Raw(format!(
            "HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
        ))
    };
    for (at, status) in [301, 302, 303, 307, 308].into_iter().enumerate() {
        world.at(at as i64 * 10);
        server.answers_discovery(redirect(status, &format!("http://{}/keys", other.address)));
        assert_eq!(world.has("a").await, Err(UNAVAILABLE));
        world.at(at as i64 * 10 + 5);
        server.answers_discovery(redirect(status, "/keys"));
        assert_eq!(world.has("a").await, Err(UNAVAILABLE));
    }
    // A key set on a server that the operator did not allow is no redirection, and ends at its address.
    for uri in [
        format!("http://{}/keys", other.address),
        format!("https://{}/keys", other.address),
        "https://127.0.0.1/keys".to_owned(),
        "https://localhost/keys".to_owned(),
        "https://elsewhere.test/keys".to_owned(),
        "file:///etc/passwd".to_owned(),
        "https://issuer.test@elsewhere.test/keys".to_owned(),
    ] {
        let server = Server::start(None).await;
        let world = World::plain(&server, TIME);
        server.answers_discovery(discovery_of(ISSUER, &uri));
        assert_eq!(world.has("a").await, Err(UNAVAILABLE), "{uri}");
    }
    assert_eq!(other.counts.connections.load(Ordering::Relaxed), 0);
    assert_eq!(server.asked().1, 0);
}

#[tokio::test]
async fn an_issuer_that_is_not_allowed_is_not_reached_on_this_machine() {
    let server = Server::start(None).await;
    let world = World::new(&[], Vec::new(), TIME);
    let port = server.address.port();
    for issuer in [
        ISSUER.to_owned(),
        format!("https://issuer.test:{port}"),
        format!("https://127.0.0.1:{port}"),
        "https://127.0.0.1".to_owned(),
        "https://[::1]".to_owned(),
        "https://2130706433".to_owned(),
        "https://0x7f.1".to_owned(),
        "http://127.0.0.1".to_owned(),
    ] {
        assert_eq!(
            world.keys_of(&issuer, &[], "a").await.map(|_| ()),
            Err(UNAVAILABLE),
            "{issuer}"
        );
    }
    assert_eq!(server.counts.connections.load(Ordering::Relaxed), 0);
    // A name is resolved once a connection: there is no second answer that could be another one.
    assert_eq!(world.resolved.load(Ordering::Relaxed), 5);
}

#[tokio::test]
async fn a_name_is_resolved_once_a_connection() {
    let server = Server::start(None).await;
    let world = World::plain(&server, TIME);
    assert_eq!(world.has("a").await, Ok(true));
    assert_eq!(world.resolved.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn an_odd_answer_is_refused() {
    let raw = |text: &str| Reply::Raw(text.to_owned());
    for (number, (discovery, key_set)) in [
        (Some(discovery_of("https://other.test", "https://issuer.test/keys")), None),
        (Some(discovery_of("https://issuer.test/", "https://issuer.test/keys")), None),
        (Some(Reply::Ok("", "{}".to_owned())), None),
        (Some(Reply::Ok("", "not JSON".to_owned())), None),
        (Some(Reply::Ok("", format!(r#"{{"issuer":"{ISSUER}","jwks_uri":7}}"#))), None),
        (
            Some(Reply::Ok(
                "",
                format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"https://issuer.test/keys","jwks_uri":"https://issuer.test/keys"}}"#),
            )),
            None,
        ),
        (Some(raw("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")), None),
        (Some(raw("HTTP/1.1 204 No Content\r\n\r\n")), None),
        (Some(raw("SSH-2.0-OpenSSH\r\n")), None),
        (Some(raw("")), None),
        (None, Some(raw("HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n"))),
        (None, Some(raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":[]}"))),
        (None, Some(Reply::Ok("Content-Encoding: gzip\r\n", keys(&["a"])))),
        (None, Some(Reply::Ok("", "[]".to_owned()))),
        (None, Some(Reply::Ok("", format!("{{\"keys\":{}", "[".repeat(50_000))))),
    ]
    .into_iter()
    .enumerate()
    {
        let server = Server::start(None).await;
        if let Some(reply) = discovery {
            server.answers_discovery(reply);
        }
        if let Some(reply) = key_set {
            server.answers_keys(reply);
        }
        let world = World::plain(&server, TIME);
        assert_eq!(world.has("a").await, Err(UNAVAILABLE), "case {number}");
    }
}

#[tokio::test]
async fn nobody_there_is_said_as_aws_says_it() {
    let server = Server::start(None).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    let world = World::new(&[format!("{ISSUER}=http://{free}")], Vec::new(), TIME);
    assert_eq!(
        world.has("a").await.unwrap_err().to_string(),
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
    );
    drop(server);
}
