use keyward_diagnose::{Style, diagnosis_text};

use super::*;

/// 2026-01-02T03:04:05Z.
const NOW: i64 = 1_767_323_045;
const DEVICE: &str = "arn:aws:iam::111122223333:mfa/alice";
const SECURITY_KEY: &str =
    "arn:aws:iam::111122223333:u2f/user/alice/key-AAAAAAAAAAAAAAAAAAAAAAAAAA";

fn of(who: SignInUser) -> SignIn {
    SignIn {
        account: "111122223333".to_owned(),
        alias: Some("acme".to_owned()),
        is_closed: Some(false),
        root_email: Some("ops@example.com".to_owned()),
        who,
        ..SignIn::default()
    }
}

fn alice(password: Option<Password>, devices: &[&str], orphans: &[&str]) -> SignIn {
    let owned = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    of(SignInUser::User {
        name: "alice".to_owned(),
        credentials: Credentials {
            password,
            mfa_devices: Some(owned(devices)),
        },
        orphans: owned(orphans),
    })
}

fn missing(typed: &str) -> SignIn {
    of(SignInUser::Missing {
        typed: typed.to_owned(),
        similar: Vec::new(),
        is_role: false,
    })
}

fn set(changed: &str) -> Option<Password> {
    Some(Password {
        changed: Some(changed.to_owned()),
        ..Password::default()
    })
}

fn check(it: &SignIn, verdict: &str, titles: &[&str]) {
    let told = cannot_sign_in(it, NOW);
    assert!(told.verdict[0].contains(verdict), "{:?}", told.verdict);
    let found: Vec<&str> = told.findings.iter().map(|it| it.title.as_str()).collect();
    assert_eq!(found, titles);
}

#[test]
fn certain_causes() {
    let new = || set("2026-01-01T00:00:00Z");
    check(
        &alice(None, &[], &[]),
        "alice can't sign in: the user has no password",
        &["The user has no password"],
    );
    let mut it = alice(new(), &[], &[]);
    it.is_closed = Some(true);
    check(
        &it,
        "the account is closed",
        &["The account is closed", "The password was forgotten"],
    );
    for (typed, title) in [
        ("acne", "Another account was typed"),
        ("ACME", "Another account was typed"),
        ("111122223334", "Another account was typed"),
        ("ops@example.com", "An address was typed as the account"),
    ] {
        let mut it = alice(new(), &[], &[]);
        it.typed_account = Some(typed.to_owned());
        check(&it, &lower(title), &[title, "The password was forgotten"]);
    }
    for typed in ["acme", "111122223333", "1111-2222-3333"] {
        let mut it = alice(new(), &[], &[]);
        it.typed_account = Some(typed.to_owned());
        check(
            &it,
            "Nothing in the account's state",
            &["The password was forgotten"],
        );
    }
    check(
        &missing("alicia"),
        "there is no such user",
        &["There is no such user"],
    );
    for typed in ["ops@example.com", "OPS@example.com", "alice@example.com"] {
        check(
            &missing(typed),
            "root user and IAM user are mixed up",
            &["Root user and IAM user are mixed up"],
        );
    }
}

#[test]
fn passwords_age() {
    let old = || alice(set("2025-09-01T00:00:00Z"), &[], &[]);
    let forgotten = "The password was forgotten";
    check(&old(), "Nothing in the account's state", &[forgotten]);
    let mut it = old();
    it.max_age_days = Some(90);
    check(
        &it,
        "Nothing in the account's state",
        &["The password has expired", forgotten],
    );
    it.hard_expiry = true;
    let title = "The password has expired, and the user can't change it";
    check(&it, &lower(title), &[title, forgotten]);
    let told = cannot_sign_in(&it, NOW);
    assert!(told.findings[0].sentences[0].contains("until 2025-11-30T00:00:00Z"));
    it.max_age_days = Some(124);
    check(&it, "Nothing in the account's state", &[forgotten]);
    // An age that nobody knows is no cause.
    let mut it = alice(Some(Password::default()), &[], &[]);
    it.max_age_days = Some(1);
    it.hard_expiry = true;
    check(&it, "Nothing in the account's state", &[forgotten]);
}

#[test]
fn devices() {
    let new = || set("2026-01-01T00:00:00Z");
    let forgotten = "The password was forgotten";
    check(
        &alice(new(), &[DEVICE], &[]),
        "Nothing",
        &[forgotten, "The MFA device is lost or out of step"],
    );
    check(
        &alice(new(), &[], &[DEVICE]),
        "Nothing",
        &[forgotten, "An MFA device was made and never enabled"],
    );
    // A security key gives no codes, so it is never out of step.
    let it = alice(new(), &[SECURITY_KEY], &[DEVICE]);
    check(
        &it,
        "Nothing",
        &[forgotten, "The security key or passkey is lost"],
    );
    let told = diagnosis_text(&cannot_sign_in(&it, NOW), Style::Plain);
    for word in ["resync", "delete-virtual", "lost or out of step"] {
        assert!(!told.contains(word), "{told}");
    }
    let it = alice(new(), &[SECURITY_KEY, DEVICE], &[]);
    check(
        &it,
        "Nothing",
        &[forgotten, "The MFA device is lost or out of step"],
    );
    let commands = &cannot_sign_in(&it, NOW).findings[1].commands;
    assert!(
        commands.iter().all(|it| it.contains(DEVICE)),
        "{commands:?}"
    );
    let root = |devices: Option<Vec<String>>| {
        of(SignInUser::Root(Credentials {
            password: Some(Password::default()),
            mfa_devices: devices,
        }))
    };
    let mixed = "Root user and IAM user are mixed up";
    check(
        &root(Some(Vec::new())),
        "keeps the root user from signing in",
        &[mixed, "A code is mailed to a new browser"],
    );
    check(
        &root(Some(vec![DEVICE.to_owned()])),
        "Nothing",
        &[mixed, "The MFA device is lost or out of step"],
    );
    check(
        &root(Some(vec![SECURITY_KEY.to_owned()])),
        "Nothing",
        &[mixed, "The security key or passkey is lost"],
    );
    check(&root(None), "Nothing", &[mixed]);
}

#[test]
fn as_people_read_it() {
    let mut it = alice(
        Some(Password {
            changed: Some("2025-09-01T00:00:00Z".to_owned()),
            last_used: Some("2026-01-01T03:04:05Z".to_owned()),
            must_change: false,
        }),
        &[DEVICE],
        &[],
    );
    it.max_age_days = Some(90);
    it.hard_expiry = true;
    it.typed_account = Some("acne".to_owned());
    insta::assert_snapshot!(diagnosis_text(&cannot_sign_in(&it, NOW), Style::Plain));
}

#[test]
fn names_that_are_like_it() {
    let names = ["alice", "bob", "Alicia"].map(str::to_owned);
    assert_eq!(similar_names("alise", &names), ["alice", "Alicia"]);
}
