use keyward_arn::{AccessKeyKind, AccountId, IdPrefix, UniqueId};
use keyward_directory::{PolicyArn, Tag};
use keyward_sigv4::SecretKey;
use proptest::prelude::*;

use super::*;
use crate::{
    ClaimValue, FederatedBy, Federation, Machine, RoleDelivery, SessionPolicies, SessionPrincipal,
    SessionTags,
};

fn account() -> AccountId {
    AccountId::parse("111122223333").unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds)
}

fn keys() -> SealingKeys {
    SealingKeys::new((KeyNumber(0), &[7; 32]), []).unwrap()
}

fn session(principal: SessionPrincipal) -> Session {
    Session {
        access_key_id: AccessKeyId::mint(AccessKeyKind::Temporary, account(), [1; 8]),
        secret: SecretKey::from_random(&[9; 30]),
        issued: at(1_000_000),
        expires: at(1_003_600),
        mfa: None,
        principal,
        policies: SessionPolicies::default(),
        tags: SessionTags::default(),
        source_identity: None,
        federation: None,
        machine: None,
    }
}

fn role() -> SessionPrincipal {
    SessionPrincipal::Role {
        role: UniqueId::mint(IdPrefix::Role, account(), [2; 8]),
        name: "deploy".to_owned(),
    }
}

fn full() -> Session {
    let tag = |key: &str| Tag {
        key: key.to_owned(),
        value: "value".to_owned(),
    };
    Session {
        mfa: Some(at(999_990)),
        policies: SessionPolicies {
            inline: Some(r#"{"Version":"2012-10-17"}"#.to_owned()),
            managed: vec![PolicyArn::parse("arn:aws:iam::aws:policy/ReadOnlyAccess").unwrap()],
        },
        tags: SessionTags::of_call(
            vec![tag("a"), tag("b")],
            &["b".to_owned()],
            &SessionTags::default(),
        )
        .unwrap(),
        source_identity: Some("Alice".to_owned()),
        federation: Some(Federation {
            provider: "arn:aws:iam::111122223333:oidc-provider/issuer.example".to_owned(),
            keys: vec![
                (
                    "issuer.example:sub".to_owned(),
                    ClaimValue::Single("s".to_owned()),
                ),
                (
                    "issuer.example:amr".to_owned(),
                    ClaimValue::Multiple(vec!["a".to_owned(), "b".to_owned()]),
                ),
            ],
        }),
        ..session(role())
    }
}

fn of_machine(delivery: RoleDelivery) -> Session {
    Session {
        machine: Some(Machine {
            arn: "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0".to_owned(),
            delivery,
        }),
        ..session(role())
    }
}

#[test]
fn opens_to_what_was_sealed() {
    let user = UniqueId::mint(IdPrefix::User, account(), [3; 8]);
    let federated = |by| SessionPrincipal::FederatedUser {
        name: "guest".to_owned(),
        by,
    };
    for session in [
        full(),
        of_machine(RoleDelivery::Version1),
        of_machine(RoleDelivery::Version2),
        session(role()),
        session(SessionPrincipal::Root),
        session(SessionPrincipal::User(user.clone())),
        session(federated(FederatedBy::Root)),
        session(federated(FederatedBy::User(user))),
    ] {
        let token = keys().seal(&session, [5; 12], 0).unwrap();
        let opened = keys().open(&token.text, &session.access_key_id, at(0));
        assert_eq!(opened.as_ref(), Ok(&session));
    }
}

#[test]
fn tokens_of_every_format_stay_readable() {
    let machine = Session {
        machine: of_machine(RoleDelivery::Version2).machine,
        ..full()
    };
    for (token, session) in [
        (include_str!("format-1.txt"), full()),
        (include_str!("format-2.txt"), machine),
    ] {
        let now = keys().seal(&session, [5; 12], 0).unwrap().text;
        assert_eq!(
            keys().open(token.trim(), &session.access_key_id, at(0)),
            Ok(session),
            "{now}"
        );
    }
}

#[test]
fn a_token_opens_for_its_own_access_key_only() {
    let session = full();
    let token = keys().seal(&session, [5; 12], 0).unwrap().text;
    let other = AccessKeyId::mint(AccessKeyKind::Temporary, account(), [8; 8]);
    assert_eq!(keys().open(&token, &other, at(0)), Err(OpenTokenError));
    let foreign = SealingKeys::new((KeyNumber(0), &[8; 32]), []).unwrap();
    assert_eq!(
        foreign.open(&token, &session.access_key_id, at(0)),
        Err(OpenTokenError)
    );
}

#[test]
fn every_changed_bit_is_noticed() {
    let session = session(role());
    let token = keys().seal(&session, [5; 12], 0).unwrap().text;
    let bytes = STANDARD.decode(&token).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let changed = STANDARD.encode(changed);
        assert_eq!(
            keys().open(&changed, &session.access_key_id, at(0)),
            Err(OpenTokenError),
            "{bit}"
        );
    }
    for end in 0..token.len() {
        assert!(
            keys()
                .open(token.get(..end).unwrap(), &session.access_key_id, at(0))
                .is_err()
        );
    }
}

#[test]
fn a_rotated_key_opens_what_it_sealed_while_it_can_live() {
    let session = session(role());
    let token = keys().seal(&session, [5; 12], 0).unwrap().text;
    let retired = (KeyNumber(0), Zeroizing::new([7; 32]), at(2_000_000));
    let rotated = SealingKeys::new((KeyNumber(1), &[6; 32]), [retired]).unwrap();
    let opens = |now| {
        rotated
            .open(&token, &session.access_key_id, at(now))
            .is_ok()
    };
    assert!(opens(2_000_000) && opens(2_129_599) && !opens(2_129_600));
    let new = rotated.seal(&session, [5; 12], 0).unwrap().text;
    assert!(keys().open(&new, &session.access_key_id, at(0)).is_err());
}

#[test]
fn tokens_are_filled_up_to_a_size() {
    let session = session(role());
    for least in [0, 100, 1_000, 1_001, 1_002, 1_003, 4_096] {
        let token = keys().seal(&session, [5; 12], least).unwrap().text;
        assert!(
            token.len() >= least && token.len() <= least.max(400) + 4,
            "{least}: {}",
            token.len()
        );
        assert!(keys().open(&token, &session.access_key_id, at(0)).is_ok());
    }
}

proptest! {
    #[test]
    fn hostile_tokens_are_refused(token in "[ -~]{0,400}", raw in proptest::collection::vec(any::<u8>(), 0..600)) {
        let id = session(role()).access_key_id;
        prop_assert!(keys().open(&token, &id, at(0)).is_err());
        prop_assert!(keys().open(&STANDARD.encode(&raw), &id, at(0)).is_err());
        // What a holder of the key could write is no reason to panic either.
        for format in [Format::V1, Format::V2] {
            let _ = crate::codec::decode(format, &raw, id.clone());
        }
    }
}
