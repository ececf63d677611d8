//! What stands above the users, groups, roles and policies of an export.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::Kind;

/// Says what the list holds that was just opened, by the name before it.
pub(super) fn list(skeleton: &[u8]) -> Option<Kind> {
    let before = skeleton
        .strip_suffix(b"[")?
        .trim_ascii_end()
        .strip_suffix(b":")?
        .trim_ascii_end();
    [
        (&b"\"UserDetailList\""[..], Kind::User),
        (b"\"GroupDetailList\"", Kind::Group),
        (b"\"RoleDetailList\"", Kind::Role),
        (b"\"Policies\"", Kind::Policy),
    ]
    .into_iter()
    .find_map(|(name, kind)| {
        let is_it = !before.strip_suffix(name)?.ends_with(b"\\");
        is_it.then_some(kind)
    })
}

/// Returns whether all that stands between the brackets that the skeleton ends with and those that now begin says only that
/// the list goes on with another object. A list of one is as good as one of thousands, and sooner read.
pub(super) fn goes_on(skeleton: &[u8], between: &[u8]) -> bool {
    let [b'}', between @ .., b'{'] = between else {
        return false;
    };
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    let mut others = between.iter().filter(|byte| !is_space(byte));
    let is_comma = others.next() == Some(&b',') && others.next().is_none();
    is_comma && skeleton.ends_with(b"{")
}

/// Reads the skeleton: pages of an account, and nothing else. Returns how many say that more follows, and how many that
/// nothing does.
pub(super) fn pages(skeleton: &[u8]) -> Option<(usize, usize)> {
    let mut pages = (0_usize, 0_usize);
    for page in serde_json::Deserializer::from_slice(skeleton).into_iter::<Page>() {
        let page = page.ok().filter(|page| page.has_entities)?;
        let count = if page.continues {
            &mut pages.0
        } else {
            &mut pages.1
        };
        *count = count.saturating_add(1);
    }
    (pages != (0, 0)).then_some(pages)
}

/// One page.
#[derive(Default)]
struct Page {
    has_entities: bool,
    continues: bool,
}

/// Members of which a page has none: the file is, or holds, something else as well.
const FOREIGN: [&str; 10] = [
    "ARN",
    "Attributes",
    "Organization",
    "Policy",
    "Resource",
    "ResourcePolicies",
    "ResourcePolicy",
    "Statement",
    "VirtualMFADevices",
    "VpcEndpoints",
];

impl<'de> Deserialize<'de> for Page {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Page;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Page, A::Error> {
                let mut page = Page::default();
                let mut seen: Vec<String> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if seen.contains(&name) || FOREIGN.contains(&name.as_str()) {
                        return Err(A::Error::custom(name));
                    }
                    match name.as_str() {
                        "UserDetailList" | "GroupDetailList" | "RoleDetailList" => {
                            page.has_entities |=
                                map.next_value::<Option<Vec<Nothing>>>()?.is_some();
                        }
                        "Policies" => {
                            map.next_value::<Vec<Nothing>>()?;
                        }
                        "IsTruncated" => {
                            page.continues |= map.next_value::<Option<bool>>()? == Some(true);
                        }
                        "NextToken" => {
                            page.continues |= map.next_value::<Option<IgnoredAny>>()?.is_some();
                        }
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                    seen.push(name);
                }
                Ok(page)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// What is left of an entity: its outer brackets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on() {
        for (skeleton, between, expected) in [
            ("[{", "},{", true),
            ("[{", "} ,\r\n\t{", true),
            ("[{", "},,{", false),
            ("[{", "}{", false),
            ("[{", "},\u{c}{", false),
            ("[{", "},[", false),
            ("[{", "],{", false),
            ("[{", ",{", false),
            ("[[", "},{", false),
            ("[{ ", "},{", false),
            ("", "},{", false),
            ("[{", "{", false),
        ] {
            let goes_on = goes_on(skeleton.as_bytes(), between.as_bytes());
            assert_eq!(goes_on, expected, "{skeleton} {between}");
        }
    }
}
