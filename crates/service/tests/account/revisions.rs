//! A request that asks for a revision is answered by what is there then: who calls, and what it may do.

use std::future::{Future as _, poll_fn};
use std::task::Poll;
use std::time::Duration;

use keyward_sigv4::Credentials;
use keyward_store::Revision;
use keyward_testkit::InProcess;
use keyward_wire::iam;
use tokio::time::timeout;

use crate::world::{ok, start, user};

const ALLOWED: &str = r#"{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}"#;

async fn next(server: &InProcess) -> Revision {
    let newest = server.store.revision().await.unwrap();
    Revision::new(newest.number() + 1)
}

fn ask() -> iam::GetUser {
    iam::GetUser::default()
}

#[tokio::test]
async fn a_deny_that_it_waited_for_decides() {
    let server = start().await;
    let ann = user(&server, "ann", ALLOWED).await;
    ok(&server, &ann, &ask()).await;
    let deny = iam::PutUserPolicy {
        user_name: "ann".to_owned(),
        policy_name: "no".to_owned(),
        policy_document: format!(
            r#"{{"Version":"2012-10-17","Statement":{}}}"#,
            ALLOWED.replace("Allow", "Deny")
        )
        .into(),
    };
    // The first of the two is begun first, and waits for what the second writes.
    let (call, at) = (ask(), next(&server).await);
    let asked = server.call_at(&ann, &call, at);
    let (answer, _) = tokio::join!(asked, ok(&server, &server.root, &deny));
    assert_eq!(answer.code(), "AccessDenied", "{}", answer.body);
}

#[tokio::test]
async fn a_key_that_it_waited_for_signs() {
    let server = start().await;
    let ann = user(&server, "ann", ALLOWED).await;
    let status = |status| iam::UpdateAccessKey {
        user_name: Some("ann".to_owned()),
        access_key_id: ann.access_key_id.clone(),
        status,
    };
    let off = status(iam::StatusType::Inactive);
    ok(&server, &server.root, &off).await;
    assert_eq!(
        server.call(&ann, &ask()).await.code(),
        "InvalidClientTokenId"
    );
    let on = status(iam::StatusType::Active);
    let (call, at) = (ask(), next(&server).await);
    let asked = server.call_at(&ann, &call, at);
    let (answer, _) = tokio::join!(asked, ok(&server, &server.root, &on));
    assert_eq!(answer.status, 200, "{}", answer.body);
    // And one that it waited for to be switched off does not.
    let (call, at) = (ask(), next(&server).await);
    let asked = server.call_at(&ann, &call, at);
    let (answer, _) = tokio::join!(asked, ok(&server, &server.root, &off));
    assert_eq!(answer.code(), "InvalidClientTokenId", "{}", answer.body);
}

#[tokio::test]
async fn only_so_many_strangers_wait() {
    let server = start().await;
    let ann = user(&server, "ann", ALLOWED).await;
    let stranger = Credentials {
        access_key_id: "AKIASTRANGER00000000".to_owned(),
        ..ann.clone()
    };
    let (call, at) = (ask(), next(&server).await);
    let mut waiting: Vec<_> = (0..64)
        .map(|_| Box::pin(server.call_at(&stranger, &call, at)))
        .collect();
    poll_fn(|context| {
        for one in &mut waiting {
            assert!(one.as_mut().poll(context).is_pending());
        }
        Poll::Ready(())
    })
    .await;
    // The next is answered at once, and not after those that wait for as long as they may.
    let next = server.call_at(&stranger, &call, at);
    let answer = timeout(Duration::from_secs(2), next).await.unwrap();
    assert_eq!(answer.code(), "InvalidClientTokenId", "{}", answer.body);
    // Nobody who is known is kept from waiting.
    let group = iam::CreateGroup {
        group_name: "g".to_owned(),
        ..iam::CreateGroup::default()
    };
    let asked = server.call_at(&ann, &call, at);
    let (answer, _) = tokio::join!(asked, ok(&server, &server.root, &group));
    assert_eq!(answer.status, 200, "{}", answer.body);
    for one in waiting {
        assert_eq!(one.await.code(), "InvalidClientTokenId");
    }
}
