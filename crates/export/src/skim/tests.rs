use std::ops::Range;

use proptest::prelude::*;

use super::*;
use crate::{Export, Start, read};

const EXPORT: &str = r#"{
    "UserDetailList": [
        {"Path":"/","UserName":"a","UserId":"AIDA1","Arn":"arn:aws:iam::111122223333:user/x/a",
         "UserPolicyList":[{"PolicyName":"ü","PolicyDocument":{"Version":"2012-10-17","Statement":[]}}],
         "GroupList":["g"],"AttachedManagedPolicies":[]},
        {"UserName":"b","Arn":"arn:aws:iam::111122223333:user/b","GroupList":[],"Tags":[{"Key":"}]","Value":"\"{\\"}]}
    ],
    "GroupDetailList":[
        {"GroupName":"g","Arn":"arn:aws:iam::111122223333:group/g","GroupPolicyList":[],
         "AttachedManagedPolicies":[{"PolicyName":"m","PolicyArn":"arn:aws:iam::aws:policy/m"}]},
        {"GroupName":"h","Arn":"arn:aws:iam::111122223333:group/h"}],
    "RoleDetailList": [{"RoleName":"r","RoleId":"AROA1","Arn":"arn:aws:iam::444455556666:role/r",
        "AssumeRolePolicyDocument":"%7B%22Statement%22%3A%5B%5D%7D",
        "PermissionsBoundary":{"PermissionsBoundaryType":"Policy","PermissionsBoundaryArn":"arn:aws:iam::444455556666:policy/B"}}],
    "Policies":[
        {"PolicyName":"m","Arn":"arn:aws:iam::aws:policy/m","PolicyVersionList":[{"Document":{},"VersionId":"v1","IsDefaultVersion":true}]},
        {"PolicyName":"B","Arn":"arn:aws:iam::444455556666:policy/B","PolicyVersionList":[{"Document":{},"IsDefaultVersion":true}]},
        {"PolicyName":"n","Arn":"arn:aws:iam::aws:policy/n","PolicyVersionList":[]}],
    "IsTruncated": false
}"#;

fn skim(text: &str) -> Result<Index, Unfit> {
    let mut skimmer = Skimmer::new();
    for piece in text.as_bytes().chunks(PIECE_BYTES) {
        skimmer.push(piece);
    }
    skimmer.finish("x.json")
}

fn open(text: &str, names: &str) -> Export {
    let mut skimmed = Skimmed::default();
    skimmed.skimmed(skim(text).unwrap());
    let mut wanted = Wanted::default();
    wanted.add(names);
    let mut read = |_: &str, range: Range<u64>| {
        let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
        Some(text.as_bytes()[range].to_vec())
    };
    skimmed.open(&wanted, &mut read).unwrap()
}

fn names(export: &Export) -> Vec<String> {
    let mut names = Vec::new();
    for (id, account) in &export.accounts {
        names.push(id.to_string());
        names.extend(account.users.iter().map(|it| it.name.clone()));
        names.extend(account.groups.iter().map(|it| it.name.clone()));
        names.extend(account.roles.iter().map(|it| it.name.clone()));
        names.extend(account.policies.values().map(|it| it.name.clone()));
    }
    names.extend(export.aws_managed.values().map(|it| it.name.clone()));
    names
}

#[test]
fn what_a_question_touches() {
    for (question, expected) in [
        ("user/x/a", "111122223333 a g 444455556666 m"),
        ("b", "111122223333 b 444455556666"),
        (
            "arn:aws:sts::444455556666:assumed-role/r/session",
            "111122223333 444455556666 r B",
        ),
        ("nobody", "111122223333 444455556666"),
        ("group h, user b.", "111122223333 b h 444455556666"),
    ] {
        assert_eq!(
            names(&open(EXPORT, question)).join(" "),
            expected,
            "{question}"
        );
    }
}

/// The same documents at the same places as where all is read, wherever pieces begin.
#[test]
fn places() {
    for padding in (0..1_500)
        .step_by(31)
        .map(|less| PIECE_BYTES - less)
        .chain([0, 1, 77, 3 * PIECE_BYTES])
    {
        for fill in [" ", "\n", "ä"] {
            let marker = format!(
                "{}{}",
                fill.repeat(40).replace('\n', "\\n"),
                "x".repeat(padding)
            );
            let text = EXPORT.replacen('{', &format!("{{\"Marker\":\"{marker}\","), 1);
            let text = if fill == "\n" {
                text
            } else {
                text.replace('\n', " ")
            };
            let whole = Export::of(read("x.json", text.clone()).unwrap()).unwrap();
            let part = open(&text, "a r");
            let starts = |export: &Export| -> Vec<Start> {
                let users = export.accounts.values().flat_map(|it| &it.users);
                let roles = export.accounts.values().flat_map(|it| &it.roles);
                users
                    .filter(|it| it.name == "a")
                    .flat_map(|it| &it.inline)
                    .map(|it| it.document.start())
                    .chain(roles.filter_map(|it| Some(it.trust.as_ref()?.start())))
                    .chain(
                        export
                            .aws_managed
                            .get("arn:aws:iam::aws:policy/m")
                            .map(|it| it.document.start()),
                    )
                    .collect()
            };
            assert_eq!(starts(&part), starts(&whole), "{padding} {fill:?}");
            assert_eq!(starts(&part).len(), 3);
        }
    }
}

#[test]
fn what_is_not_skimmed() {
    let page = |rest: &str| {
        format!(
            r#"{{"UserDetailList":[{{"UserName":"a","Arn":"arn:aws:iam::111122223333:user/a"}}]{rest}}}"#
        )
    };
    assert!(skim(&page("")).is_ok());
    assert_eq!(skim(&page(r#","IsTruncated":true"#)).unwrap().pages, (1, 0));
    assert_eq!(skim(&page("").repeat(2)).unwrap().pages, (0, 2));
    let cut = page("");
    for end in 1..cut.len() {
        assert_eq!(
            skim(cut.split_at(end).0).unwrap_err(),
            Unfit::CutOff,
            "{end}"
        );
    }
    for text in [
        page("]"),
        page("}"),
        page(",,"),
        page(r#","UserDetailList":[]"#),
        page(r#","Statement":[]"#),
        page(r#","Organization":{}"#),
        page(r#","RoleDetailList":{"x":{}}"#),
        page(r#","RoleDetailList":[1]"#),
        page(r#","RoleDetailList":[{}]"#),
        page(r#","RoleDetailList":[{"RoleName":"r"}]"#),
        page(r#","RoleDetailList":[{"Arn":"a"}{"Arn":"b"}]"#),
        page(r#","IsTruncated":"no""#),
        page(r#","Policies":[{"Arn":"a"]]"#),
        format!("\u{feff}{}", page("")),
        format!("{}x", page("")),
        r#"{"Policies":[]}"#.to_owned(),
        "[]".to_owned(),
        " ".to_owned(),
    ] {
        assert_eq!(skim(&text).unwrap_err(), Unfit::Other, "{text}");
    }
    let mut skimmer = Skimmer::new();
    skimmer.push(&[b'"', 0xff, b'"']);
    assert_eq!(skimmer.finish("x").unwrap_err(), Unfit::Other);
    // What never ends is not kept.
    let mut skimmer = Skimmer::new();
    let zeros = vec![0; PIECE_BYTES];
    assert!((0..1_000).any(|_| !skimmer.push(&zeros)));
}

/// What a file has twice is read as a whole, where it is told apart; what another page repeats is taken once.
#[test]
fn what_is_there_twice() {
    let page = |name: &str| {
        format!(
            r#"{{"UserDetailList":[{{"UserName":"{name}","Arn":"arn:aws:iam::111122223333:user/a"}}]}}"#
        )
    };
    let users = |files: &[String]| {
        let mut skimmed = Skimmed::default();
        for (number, text) in files.iter().enumerate() {
            let mut skimmer = Skimmer::new();
            skimmer.push(text.as_bytes());
            skimmed.skimmed(skimmer.finish(&number.to_string()).unwrap());
        }
        let mut wanted = Wanted::default();
        wanted.add("a");
        let mut read = |path: &str, range: Range<u64>| {
            let text = files[path.parse::<usize>().unwrap()].as_bytes();
            Some(
                text[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()]
                    .to_vec(),
            )
        };
        let export = skimmed.open(&wanted, &mut read)?;
        let users = export.accounts.values().flat_map(|it| &it.users);
        Some(users.map(|it| it.name.clone()).collect::<Vec<_>>())
    };
    assert_eq!(users(&[page("a"), page("b")]), Some(vec!["a".to_owned()]));
    assert_eq!(users(&[page("a").repeat(2)]), None);
}

#[test]
fn text_over_pieces() {
    let text = format!(
        "{{\"UserDetailList\":[],\"Marker\":\"{}\"}}",
        "äöü😀".repeat(PIECE_BYTES / 5)
    );
    assert!(skim(&text).is_ok());
    let mut cut = text.into_bytes();
    cut.truncate(PIECE_BYTES + 33);
    let mut skimmer = Skimmer::new();
    for piece in cut.chunks(PIECE_BYTES) {
        skimmer.push(piece);
    }
    assert!(skimmer.finish("x").is_err());
}

/// What a question about `a` and `r` can see.
fn seen(export: &Export) -> Vec<String> {
    let mut seen = Vec::new();
    for (id, account) in &export.accounts {
        for it in account.users.iter().filter(|it| it.name == "a") {
            seen.push(format!("{id} {} {:?} {:?}", it.arn, it.groups, it.boundary));
            seen.extend(it.inline.iter().map(|it| it.document.text().to_owned()));
            let groups = it
                .groups
                .iter()
                .filter_map(|name| account.group_named(name));
            seen.extend(groups.map(|it| format!("{} {:?}", it.arn, it.attached)));
        }
        for it in account.roles.iter().filter(|it| it.name == "r") {
            let trust = it.trust.as_ref().map(|it| it.text());
            seen.push(format!("{id} {} {trust:?} {:?}", it.arn, it.boundary));
        }
    }
    for arn in [
        "arn:aws:iam::aws:policy/m",
        "arn:aws:iam::444455556666:policy/B",
    ] {
        let owner = keyward_arn::AccountId::parse("444455556666").unwrap();
        seen.extend(
            export
                .managed(owner, arn)
                .map(|it| it.document.text().to_owned()),
        );
    }
    seen
}

proptest! {
    /// Wherever a file is damaged: what can be read in both ways is the same, as far as the question sees.
    #[test]
    fn damage(at in any::<proptest::sample::Index>(), length in 0_usize..4, with in r#"[{}\[\]",:\\ a]{0,3}"#) {
        let at = at.index(EXPORT.len());
        let end = EXPORT.ceil_char_boundary((at + length).min(EXPORT.len()));
        let start = EXPORT.floor_char_boundary(at);
        let text = format!("{}{with}{}", EXPORT.split_at(start).0, EXPORT.split_at(end).1);
        let Ok(index) = skim(&text) else { return Ok(()) };
        let mut skimmed = Skimmed::default();
        skimmed.skimmed(index);
        let mut wanted = Wanted::default();
        wanted.add("a r g");
        let mut read_part = |_: &str, range: Range<u64>| {
            let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
            Some(text.as_bytes()[range].to_vec())
        };
        let part = skimmed.open(&wanted, &mut read_part);
        let whole = read("x.json", text.clone()).and_then(Export::of);
        if let (Some(part), Ok(whole)) = (part, whole) {
            // A user or role that the damage has renamed is not found, and the file then read as a whole.
            let (part, whole) = (seen(&part), seen(&whole));
            prop_assert!(part == whole || part.len() < whole.len(), "{part:?} {whole:?}");
        }
    }

    /// What is skimmed is read the same as a whole, with any names and nesting.
    #[test]
    fn as_a_whole(parts in proptest::collection::vec(("[a-z]{1,8}", r#"[{}\[\]\\"a-zä, :]{0,40}"#, 0_usize..3), 1..20)) {
        // Each has a name of its own.
        let parts: Vec<(String, String, usize)> = parts
            .into_iter()
            .enumerate()
            .map(|(number, (name, odd, tags))| (format!("{name}{number}"), odd, tags))
            .collect();
        let users: Vec<serde_json::Value> = parts
            .iter()
            .map(|(name, odd, tags)| serde_json::json!({
                "UserName": name, "Arn": format!("arn:aws:iam::111122223333:user/{odd}/{name}"),
                "Tags": vec![serde_json::json!({"Key": odd, "Value": odd}); *tags],
                "UserPolicyList": [{"PolicyName": odd, "PolicyDocument": {"Id": odd}}],
            }))
            .collect();
        let text = serde_json::json!({"UserDetailList": users}).to_string();
        let whole = Export::of(read("x.json", text.clone()).unwrap()).unwrap();
        let all: Vec<&str> = parts.iter().map(|(name, ..)| name.as_str()).collect();
        let part = open(&text, &all.join(" "));
        let describe = |export: &Export| -> Vec<String> {
            let account = export.accounts.values().next().unwrap();
            let users = account.users.iter();
            users
                .map(|it| format!("{} {:?} {}", it.arn, it.tags, it.inline[0].document.text()))
                .collect()
        };
        prop_assert_eq!(describe(&part), describe(&whole));
    }
}

proptest! {
    /// Documents that are taken out, repeat, are broken or have odd names: as where all is read.
    #[test]
    fn documents(parts in proptest::collection::vec(
        (
            prop_oneof![
                Just(r#"{"Version":"2012-10-17"}"#), Just(r#"{"a":["}]",{"b":"\"{"}]}"#), Just("[]"), Just("[0]"), Just("7"), Just("null"),
                Just(r#""%7B%22a%22%3A1%7D""#), Just(r#"{"a" 1}"#), Just(r#"{"PolicyDocument":{}}"#), Just("\n {\n\"ä\": [[[[[[[{}]]]]]]]}"),
            ],
            prop_oneof![Just("PolicyDocument"), Just("PolicyDocumen\\u0074"), Just("Policy\\\"Document")],
            prop_oneof![Just("N"), Just("MyDocument"), Just("[0]"), Just("ü\\u00fc\\\\")],
            prop_oneof![Just(":"), Just(" :\n ")],
        ),
        1..12,
    )) {
        let users: Vec<String> = parts
            .iter()
            .enumerate()
            .map(|(number, (document, name, policy, colon))| format!(
                r#"{{"UserName":"u{number}","Arn":"arn:aws:iam::111122223333:user/u{number}","X":[{{"Document"{colon}{document}}}],
                "UserPolicyList":[{{"PolicyName":"{policy}","{name}"{colon}{document}}},{{"PolicyName":"M","PolicyDocument"{colon}{{}}}}]}}"#
            ))
            .collect();
        let text = format!("{{\"UserDetailList\":[\n{}]}}", users.join(",\n"));
        let Ok(index) = skim(&text) else { return Ok(()) };
        let mut skimmed = Skimmed::default();
        skimmed.skimmed(index);
        let reader = || |_: &str, range: Range<u64>| {
            let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
            Some(text.as_bytes()[range].to_vec())
        };
        let describe = |export: &Export| -> Vec<String> {
            let users = export.accounts.values().flat_map(|it| &it.users);
            let policies = users.flat_map(|user| user.inline.iter().map(move |it| (user, it)));
            policies
                .map(|(user, it)| format!("{} {} {} {:?}", user.name, it.name, it.document.text(), it.document.start()))
                .collect()
        };
        let whole = read("x.json", text.clone()).and_then(Export::of).ok();
        let whole = whole.as_ref().map(describe);
        for threads in 1..3 {
            let part = skimmed.everyone(threads, reader);
            prop_assert_eq!(part.as_ref().map(describe), whole.clone());
        }
    }
}
