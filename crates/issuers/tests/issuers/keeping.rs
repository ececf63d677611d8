//! How long keys are kept, and when they are fetched again.

use std::sync::Arc;

use keyward_issuers::VerificationMethod;
use keyward_web_identity::WebIdentityError;

use crate::support::{Reply, SHORT, Server, TIME, World, keys};

#[tokio::test]
async fn keys_are_fetched_once_and_kept() {
    let server = Server::start(None).await;
    let world = World::plain(&server, TIME);
    let found = world.keys("a").await.unwrap();
    assert!(found.keys.contains("a"));
    assert_eq!(found.verified_by, VerificationMethod::Loopback);
    world.at(799);
    assert_eq!(world.has("a").await, Ok(true));
    assert_eq!(server.asked(), (1, 1));
    world.at(1_000);
    assert_eq!(world.has("a").await, Ok(true));
    assert_eq!(server.asked(), (2, 2));
}

#[tokio::test]
async fn many_at_once_are_one_fetch() {
    let server = Server::start(None).await;
    let world = Arc::new(World::plain(&server, TIME));
    let ask = |id: &'static str| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.has(id).await })
    };
    let all: Vec<_> = (0..100).map(|_| ask("a")).collect();
    for one in all {
        assert_eq!(one.await.unwrap(), Ok(true));
    }
    assert_eq!(server.asked(), (1, 1));
    // The same for a key that is not there, once enough time has passed.
    world.at(30);
    let all: Vec<_> = (0..100).map(|_| ask("unknown")).collect();
    for one in all {
        assert_eq!(one.await.unwrap(), Ok(false));
    }
    assert_eq!(server.asked(), (2, 2));
}

#[tokio::test]
async fn a_new_key_is_found_at_a_bounded_rate() {
    let server = Server::start(None).await;
    let world = World::plain(&server, TIME);
    assert_eq!(world.has("a").await, Ok(true));
    server.answers_keys(Reply::Ok("Cache-Control: max-age=1000\r\n", keys(&["b"])));
    world.at(29);
    assert_eq!(world.has("b").await, Ok(false));
    assert_eq!(server.asked(), (1, 1));
    world.at(30);
    assert_eq!(world.has("b").await, Ok(true));
    assert_eq!(world.has("a").await, Ok(false));
    assert_eq!(server.asked(), (2, 2));
}

#[tokio::test]
async fn keys_are_refreshed_beside_the_requests() {
    let server = Server::start(None).await;
    let world = World::plain(&server, TIME);
    assert_eq!(world.has("a").await, Ok(true));
    server.answers_keys(Reply::Ok(
        "Cache-Control: max-age=1000\r\n",
        keys(&["a", "b"]),
    ));
    world.at(800);
    // This one is answered by what is there.
    assert!(!world.keys("a").await.unwrap().keys.contains("b"));
    // The refresh goes on by itself.
    while !world.keys("a").await.unwrap().keys.contains("b") {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.asked(), (2, 2));
}

#[tokio::test]
async fn old_keys_stand_in_while_the_issuer_is_down() {
    let server = Server::start(None).await;
    let world = World::plain(&server, SHORT);
    assert_eq!(world.has("a").await, Ok(true));
    for down in [
        Reply::Hang,
        Reply::Raw("HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n".to_owned()),
        Reply::Raw(String::new()),
    ] {
        server.answers_discovery(down);
        world.at(1_000);
        assert_eq!(world.has("a").await, Ok(true));
        world.at(4_599);
        assert_eq!(world.has("a").await, Ok(true));
        world.at(4_600);
        assert!(world.has("a").await.is_err());
    }
}

#[tokio::test]
async fn a_failure_is_not_repeated_at_once() {
    let server = Server::start(None).await;
    server.answers_keys(Reply::Hang);
    let world = World::plain(&server, SHORT);
    for _ in 0..10 {
        assert_eq!(
            world.has("a").await,
            Err(WebIdentityError::CommunicationFailed)
        );
    }
    assert_eq!(server.asked(), (1, 1));
    server.answers_keys(Reply::Ok("", keys(&["a"])));
    world.at(4);
    assert!(world.has("a").await.is_err());
    world.at(5);
    assert_eq!(world.has("a").await, Ok(true));
    assert_eq!(server.asked(), (2, 2));
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_the_fetch_to_others() {
    let server = Server::start(None).await;
    let world = Arc::new(World::plain(&server, TIME));
    let asking = {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.has("a").await })
    };
    while server.asked().0 == 0 {
        tokio::task::yield_now().await;
    }
    asking.abort();
    assert_eq!(world.has("a").await, Ok(true));
    assert_eq!(server.asked(), (1, 1));
}

#[tokio::test]
async fn the_number_of_kept_issuers_is_bounded() {
    let server = Server::start(None).await;
    let world = World::plain(&server, TIME);
    assert_eq!(world.has("a").await, Ok(true));
    // Others, refused without a fetch, push the one out that was used least recently.
    world.at(1);
    for number in 0..keyward_issuers::limits::KEPT {
        let other = format!("https://other-{number}.test");
        assert!(world.keys_of(&other, &[], "a").await.is_err());
    }
    assert_eq!(world.has("a").await, Ok(true));
    assert_eq!(server.asked(), (2, 2));
}
