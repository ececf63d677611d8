use proptest::prelude::*;

use super::super::{PIECE_BYTES, stretches};
use super::*;

/// Strings with all that could be taken for structure, names of lists as names of members, an unknown list, two pages.
const PAGES: &str = r#"{
    "UserDetailList": [
        {
            "Path": "/",
            "Arn": "arn:aws:iam::111122223333:user/a",
            "Tags": [{"Key": "}],\"", "Value": "\"\\{[\\\\"}],
            "Policies": [{"Arn": "no"}, []]
        },
        {
            "Arn": "arn:aws:iam::111122223333:user/ü😀", "Path": "ä\\"
        }
    ],
    "Marker": [{"x": {}}, {}], "Odd\"Policies": [
        {"Arn": "no"}
    ],
    "RoleDetailList": [
        {"Arn": "arn:aws:iam::111122223333:role/r"},

{"AssumeRolePolicyDocument": "{\"RoleDetailList\":[", "Arn": "arn:aws:iam::444455556666:role/s"}],
    "IsTruncated": true
}
{
    "Policies": [
        {"Arn": "arn:aws:iam::111122223333:policy/p"}],
    "GroupDetailList": []
}
"#;

/// Looks through stretches that begin at these places.
fn joined(text: &[u8], borders: &[usize]) -> Result<String, Unfit> {
    let starts = std::iter::once(0).chain(borders.iter().copied());
    let ends = borders.iter().copied().chain([text.len()]);
    let stretches = starts.zip(ends).map(|(start, end)| {
        let mut skimmer = match start {
            0 => Skimmer::new(),
            start => Skimmer::stretch(u64::try_from(start).unwrap()),
        };
        for piece in text[start..end].chunks(PIECE_BYTES) {
            skimmer.push(piece);
        }
        skimmer
    });
    Skimmer::join(stretches, "x.json").map(|index| format!("{index:?}"))
}

/// The places between two entities: in a list, outside of text.
fn between(text: &str) -> Vec<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut found = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        if depth == LIST && !in_string && !escaped {
            found.push(at);
        }
        let is_escaped = std::mem::take(&mut escaped);
        match byte {
            b'\\' if !is_escaped => escaped = true,
            b'"' if !is_escaped => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}

#[test]
fn taken_apart_at_every_place() {
    let whole = joined(PAGES.as_bytes(), &[]);
    assert!(whole.as_ref().unwrap().contains("policy/p"), "{whole:?}");
    let between = between(PAGES);
    assert!(between.len() > 60);
    for at in 1..PAGES.len() {
        let expected = if between.contains(&at) {
            whole.clone()
        } else {
            Err(Unfit::Border)
        };
        assert_eq!(joined(PAGES.as_bytes(), &[at]), expected, "{at}");
    }
    for (first, second) in between.iter().zip(between.iter().skip(7)) {
        assert_eq!(joined(PAGES.as_bytes(), &[*first, *second]), whole);
    }
}

/// A file that ends anywhere is told the same, wherever it was taken apart before.
#[test]
fn cut_off() {
    let text = PAGES.as_bytes();
    let between = between(PAGES);
    for end in 1..text.len() {
        let text = &text[..end];
        let whole = joined(text, &[]);
        for at in between.iter().filter(|at| **at < end) {
            assert_eq!(joined(text, &[*at]), whole, "{end} {at}");
        }
    }
}

#[test]
fn what_does_not_fit_together() {
    let text = PAGES.as_bytes();
    let border = between(PAGES)[1];
    let part = |start: usize, end: usize| {
        let mut skimmer = Skimmer::stretch(u64::try_from(start).unwrap());
        skimmer.push(&text[start..end]);
        skimmer
    };
    // The file got shorter meanwhile, or a stretch was left out.
    let gap = [part(0, border), part(border + 1, text.len())];
    assert_eq!(Skimmer::join(gap, "x").unwrap_err(), Unfit::Border);
    // An entity without an ARN.
    let bad = PAGES.replacen("\"Arn\"", "\"Ern\"", 1);
    assert_eq!(joined(bad.as_bytes(), &[]), Err(Unfit::Other));
    assert_eq!(joined(bad.as_bytes(), &[border]), Err(Unfit::Other));
    assert_eq!(Skimmer::join([], "x").unwrap_err(), Unfit::Other);
}

/// Returns where a text is taken apart.
fn borders(text: &[u8]) -> Vec<usize> {
    let bytes = u64::try_from(text.len()).unwrap();
    let stretches = stretches(bytes, |range| {
        let start = usize::try_from(range.start).unwrap();
        let end = usize::try_from(range.end).unwrap().min(text.len());
        text[start..end].to_vec()
    });
    assert_eq!(stretches.last().unwrap().end, u64::MAX);
    let starts = stretches.iter().skip(1);
    starts
        .map(|it| usize::try_from(it.start).unwrap())
        .collect()
}

/// Many entities, in the layouts of the AWS CLI, of PowerShell, of `jq` and of nobody.
#[test]
fn layouts() {
    let users: Vec<serde_json::Value> = (0..30_000)
        .map(|number| {
            let arn = format!("arn:aws:iam::111122223333:user/{number}");
            serde_json::json!({"Arn": arn, "Tags": [{"Key": "}\n{[\\", "Value": "ä\"".repeat(number % 40)}]})
        })
        .collect();
    let export = serde_json::json!({"RoleDetailList": [], "UserDetailList": users});
    let compact = export.to_string();
    let pretty = serde_json::to_string_pretty(&export).unwrap();
    let wide = pretty.replace("  ", "    ");
    let windows = wide.replace('\n', "\r\n");
    let spaced = compact.replace("},{", "}, {").replace(":", ": ");
    let odd = compact.replace("},{\"Arn\"", "}\n,\t{ \"Arn\" ");
    let one = serde_json::json!({"UserDetailList": [users.first()], "x": users}).to_string();
    let lines = compact.replace("{\"Arn\"", "\n{\"Arn\"");
    for (text, is_apart) in [
        (compact, true),
        (spaced, true),
        (odd, true),
        (one, false),
        (pretty, true),
        (wide, true),
        (windows, true),
        (lines, true),
    ] {
        let borders = borders(text.as_bytes());
        assert_eq!(
            borders.len() >= text.len() >> 21,
            is_apart,
            "{}",
            text.len()
        );
        let whole = joined(text.as_bytes(), &[]);
        assert!(whole.is_ok());
        assert_eq!(joined(text.as_bytes(), &borders), whole);
    }
}

/// A line of a policy that looks as the beginning of an entity is none.
#[test]
fn misleading_layout() {
    let mut text = String::from("{\"UserDetailList\": [\n{\"Arn\": \"a\"}");
    for number in 0..3_000 {
        text.push_str(&format!(
            ",\n{{\"Arn\": \"{number}\", \"x\": [\n{}",
            "\n{}\n,".repeat(200)
        ));
        text.push_str("\n{}]}");
    }
    text.push_str("]}");
    let borders = borders(text.as_bytes());
    assert!(!borders.is_empty());
    assert!(joined(text.as_bytes(), &[]).is_ok());
    assert_eq!(joined(text.as_bytes(), &borders), Err(Unfit::Border));
}

/// On one line, what lies deeper may look as an entity does, and be taken for one or not.
#[test]
fn misleading_on_one_line() {
    let deep = r#"{"Path":"/","x":[{"Path":"}"},{"Path":"},{"}]}"#;
    let list = |from: usize| -> String {
        let one = |number| {
            format!(
                r#"{{"Path":"/{}","Arn":"{number}","y":[{deep},{deep}]}}"#,
                "x".repeat(number % 900)
            )
        };
        (from..from + 4_000).map(one).collect::<Vec<_>>().join(",")
    };
    let text = format!(
        r#"{{"UserDetailList":[{}],"RoleDetailList":[{}]}}"#,
        list(0),
        list(4_000)
    );
    let borders = borders(text.as_bytes());
    assert!(!borders.is_empty());
    let whole = joined(text.as_bytes(), &[]);
    assert!(whole.is_ok());
    for border in borders {
        let apart = joined(text.as_bytes(), &[border]);
        assert!(apart == whole || apart == Err(Unfit::Border));
    }
}

proptest! {
    /// Whatever stands in entities and wherever it is taken apart: as looked through from the beginning, or told.
    #[test]
    fn as_from_the_beginning(
        parts in proptest::collection::vec(r#"[{}\[\]\\"a-cä\n, :]{0,20}"#, 1..20),
        at in any::<proptest::sample::Index>(),
        more in any::<proptest::sample::Index>(),
        damage in proptest::option::of((any::<proptest::sample::Index>(), r#"[{}\[\]",:\\\n]{0,2}"#)),
    ) {
        let users: Vec<serde_json::Value> = parts
            .iter()
            .map(|odd| serde_json::json!({"Tags": [odd, {"Arn": odd}], "Arn": odd, "Path": [[odd], {odd: {}}]}))
            .collect();
        let mut text = serde_json::to_string_pretty(&serde_json::json!({"UserDetailList": users, "Policies": [{"Arn": "p"}]})).unwrap();
        if let Some((at, with)) = damage {
            let at = text.floor_char_boundary(at.index(text.len()));
            text.replace_range(at..text.ceil_char_boundary(at + 1), &with);
        }
        let whole = joined(text.as_bytes(), &[]);
        let at = 1 + at.index(text.len());
        for borders in [vec![at], vec![at, at + more.index(text.len() + 1 - at)]] {
            let apart = joined(text.as_bytes(), &borders);
            prop_assert!(apart == whole || apart == Err(Unfit::Border), "{apart:?} {whole:?} {borders:?}");
        }
        let between = between(&text);
        prop_assume!(!between.is_empty() && whole.is_ok());
        let border = between[at % between.len()];
        prop_assert_eq!(joined(text.as_bytes(), &[border]), whole);
    }
}
