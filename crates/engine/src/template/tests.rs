use super::*;
use crate::place::Place;

fn check(pattern: &str, text: &str, expected: bool) {
    assert_eq!(
        Template::pattern(pattern).fits(text),
        expected,
        "{pattern:?} on {text:?}"
    );
    assert_eq!(
        Template::pattern(&pattern.to_uppercase()).fits_ignoring_case(text),
        Template::pattern(&pattern.to_ascii_lowercase()).fits(&text.to_ascii_lowercase()),
        "{pattern:?} on {text:?} without case"
    );
}

#[test]
fn wildcards() {
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "a", false),
        ("a", "", false),
        ("*", "", true),
        ("*", "anything at all", true),
        ("**", "", true),
        ("a*", "a", true),
        ("a*", "ba", false),
        ("*a", "ba", true),
        ("*a", "ab", false),
        ("*a*", "bab", true),
        ("a*b*c", "abc", true),
        ("a*b*c", "axxbyyc", true),
        ("a*b*c", "axxcyyb", false),
        ("a*b*c", "abcd", false),
        ("*ab*ab", "ab", false),
        ("*ab*ab", "aabab", true),
        ("*aab", "aaab", true),
        ("*abc*abd", "abcabcabd", true),
        ("?", "a", true),
        ("?", "", false),
        ("?", "ab", false),
        ("?", "é", true),
        ("?", "€", true),
        ("?", "𝄞", true),
        ("??", "é", false),
        ("*?", "é", true),
        ("*?x", "éx", true),
        ("?*", "", false),
        ("*?", "", false),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("*?*?*", "ab", true),
        ("*?*?*", "a", false),
        ("*.?", "x.yz.w", true),
    ] {
        check(pattern, text, expected);
    }
}

#[test]
fn hostile_patterns_take_pattern_times_text() {
    // Without a bound these take longer than the universe has.
    let text = "a".repeat(20_000);
    let pattern = "*a".repeat(500) + "*b";
    assert!(!Template::pattern(&pattern).fits(&text));
    assert!(Template::pattern(&("*a".repeat(500) + "*")).fits(&text));
    let pattern = "*a?".repeat(200) + "b";
    assert!(!Template::pattern(&pattern).fits(&text));
    assert!(!Template::pattern("*a*a*a*b").fits(&"a".repeat(2_000)));
    assert!(
        !Template::pattern(&"*".repeat(20_000))
            .with_text(&("*".repeat(20_000) + "b"))
            .fits(&text)
    );
}

#[test]
fn variables() {
    let mut context = Context::new();
    context.insert("k", "v*");
    context.insert("empty", "");
    context.insert_list("many", ["a"]);
    for (text, expected) in [
        ("x", vec![Element::Literal("x")]),
        (
            "x${k}*",
            vec![
                Element::Literal("x"),
                Element::Literal("v*"),
                Element::AnyText,
            ],
        ),
        ("${K}?", vec![Element::Literal("v*"), Element::AnyCharacter]),
        (
            "a$b$",
            vec![
                Element::Literal("a"),
                Element::Literal("$b"),
                Element::Literal("$"),
            ],
        ),
        (
            "${*}${?}${$}",
            vec![
                Element::Literal("*"),
                Element::Literal("?"),
                Element::Literal("$"),
            ],
        ),
        ("${none}", vec![Element::Unresolved("${none}")]),
        (
            "${none, 'd'}!",
            vec![Element::Literal("d"), Element::Literal("!")],
        ),
        ("${empty, 'd'}", vec![Element::Literal("d")]),
        ("${empty}", vec![Element::Unresolved("${empty}")]),
        ("${many}", vec![Element::Unresolved("${many}")]),
        ("${many, 'd'}", vec![Element::Unresolved("${many, 'd'}")]),
        ("${}", vec![Element::Unresolved("${}")]),
        (
            "x${k",
            vec![Element::Literal("x"), Element::Unresolved("${k")],
        ),
        ("${ k}", vec![Element::Unresolved("${ k}")]),
        ("${k,'d'}", vec![Element::Unresolved("${k,'d'}")]),
        ("${k, 'd}", vec![Element::Unresolved("${k, 'd}")]),
    ] {
        let written = Written {
            text,
            kind: Kind::Variables,
            head: 0,
            place: Place::default(),
        };
        let elements: Vec<_> = Template::of(&written, &context).elements().collect();
        assert_eq!(elements, expected, "{text}");
    }
}
