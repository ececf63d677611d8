//! Whatever is done to a signed document, either it is refused or what is read is what was signed.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::idp::{KNOWN, Known, Signer, assertion, response};
use crate::Response;

static DOCUMENTS: LazyLock<[String; 3]> = LazyLock::new(|| {
    [
        response(&Signer::default().sign(&assertion())),
        Signer::default().sign(&response(&assertion())),
        include_str!("fixtures/aes256-gcm.xml").to_owned(),
    ]
});

/// Something that is done to a document; the numbers choose places, modulo what is there.
#[derive(Clone, Debug)]
enum Change {
    /// An element, changed or not, goes before another one too.
    Copy(usize, usize, Edit),
    Delete(usize),
    Move(usize, usize),
    Edit(usize, Edit),
    Wrap(usize, &'static str),
}

#[derive(Clone, Copy, Debug)]
enum Edit {
    Nothing,
    Admin,
    Comment,
    Identifier,
    Unsigned,
}

fn edits() -> impl Strategy<Value = Edit> {
    prop::sample::select(vec![
        Edit::Nothing,
        Edit::Admin,
        Edit::Comment,
        Edit::Identifier,
        Edit::Unsigned,
    ])
}

fn changes() -> impl Strategy<Value = Change> {
    let wrappers = prop::sample::select(vec![
        "ds:Object xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"",
        "samlp:Extensions xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"",
        "saml:Advice xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
        "saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
    ]);
    prop_oneof![
        (any::<usize>(), any::<usize>(), edits())
            .prop_map(|(from, to, edit)| Change::Copy(from, to, edit)),
        any::<usize>().prop_map(Change::Delete),
        (any::<usize>(), any::<usize>()).prop_map(|(from, to)| Change::Move(from, to)),
        (any::<usize>(), edits()).prop_map(|(at, edit)| Change::Edit(at, edit)),
        (any::<usize>(), wrappers).prop_map(|(at, wrapper)| Change::Wrap(at, wrapper)),
    ]
}

fn edit(text: &str, edit: Edit) -> String {
    match edit {
        Edit::Nothing => text.to_owned(),
        Edit::Admin => text.replace("alice", "admin").replace("Reader", "Writer"),
        Edit::Comment => text
            .replace("alice", "al<!-- -->ice")
            .replace("Value>", "Value><!--x-->"),
        Edit::Identifier => text.replace("ID=\"_", "ID=\"_x"),
        Edit::Unsigned => match (text.find("<ds:Signature "), text.find("</ds:Signature>")) {
            (Some(start), Some(end)) if start < end => {
                format!("{}{}", &text[..start], &text[end + 15..])
            }
            _ => text.to_owned(),
        },
    }
}

/// Applies a change; where the document does not parse any more it stays as it is.
fn apply(document: &str, change: &Change) -> String {
    let Ok(parsed) = roxmltree::Document::parse(document) else {
        return document.to_owned();
    };
    let elements: Vec<_> = parsed
        .descendants()
        .filter(|node| node.is_element())
        .map(|node| node.range())
        .collect();
    let at = |number: usize| elements[number % elements.len()].clone();
    let insert =
        |place: usize, what: &str| format!("{}{what}{}", &document[..place], &document[place..]);
    match change {
        Change::Copy(from, to, how) => insert(at(*to).start, &edit(&document[at(*from)], *how)),
        Change::Delete(number) => {
            let range = at(*number);
            format!("{}{}", &document[..range.start], &document[range.end..])
        }
        Change::Move(from, to) => {
            let (from, to) = (at(*from), at(*to).start);
            let moved = &document[from.clone()];
            if from.contains(&to) {
                return document.to_owned();
            }
            let rest = |range: std::ops::Range<usize>| document[range].to_owned();
            if to < from.start {
                rest(0..to) + moved + &rest(to..from.start) + &rest(from.end..document.len())
            } else {
                rest(0..from.start) + &rest(from.end..to) + moved + &rest(to..document.len())
            }
        }
        Change::Edit(number, how) => {
            let range = at(*number);
            let changed = edit(&document[range.clone()], *how);
            format!(
                "{}{changed}{}",
                &document[..range.start],
                &document[range.end..]
            )
        }
        Change::Wrap(number, wrapper) => {
            let range = at(*number);
            let name = wrapper.split(' ').next().unwrap_or_default();
            let (before, inside, after) = (
                &document[..range.start],
                &document[range.clone()],
                &document[range.end..],
            );
            format!("{before}<{wrapper}>{inside}</{name}>{after}")
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn rearranging_changes_nothing_that_is_read(which in 0..3_usize, all in prop::collection::vec(changes(), 1..5)) {
        static WITH_KEY: LazyLock<Known> = LazyLock::new(|| {
            Known::new(&[include_str!("fixtures/idp.pem")], &[include_str!("fixtures/provider.key.pem")])
        });
        let original = &DOCUMENTS[which];
        let known = if which == 2 { &*WITH_KEY } else { &*KNOWN };
        let signed = format!("{:?}", known.check(original).unwrap());
        let changed = all.iter().fold(original.clone(), |document, change| apply(&document, change));
        if let Ok(read) = known.check(&changed) {
            prop_assert_eq!(format!("{read:?}"), signed, "{}", changed);
        }
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        let _ = Response::parse(&text);
        let _ = KNOWN.check(&text);
    }

    #[test]
    fn any_damage_is_answered(at in any::<prop::sample::Index>(), byte in 0x20_u8..0x7f) {
        let mut changed = DOCUMENTS[0].clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] = byte;
        let changed = String::from_utf8(changed).unwrap();
        if let Ok(read) = KNOWN.check(&changed) {
            prop_assert_eq!(read.subject, "alice");
        }
    }
}
