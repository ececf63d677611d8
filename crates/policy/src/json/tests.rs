use proptest::prelude::*;

use super::*;

/// The message of the refusal, or `None` where the text is read.
fn refusal(text: &str) -> Option<String> {
    read(text).err().map(|error| error.to_string())
}

fn accepts(text: &str) {
    assert_eq!(refusal(text), None, "{text:?}");
}

fn refuses(text: &str, expected: &str) {
    let message = refusal(text).unwrap_or_default();
    assert!(message.contains(expected), "{text:?}: {message}");
}

#[test]
fn accepted() {
    for text in [
        "null",
        " true ",
        "\t\r\n false",
        "0",
        "-0",
        "-1.5e+10",
        "1E-9",
        "1e999",
        "123456789012345678901234567890",
        "\"\"",
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\u0041\ud83d\udd11""#,
        "\"\u{7f}\u{e9}\u{1F511}\"",
        "[]",
        "[ ]",
        "{}",
        "{ }",
        "[1,[2],{\"a\":{}}]",
        r#"{"a":1,"A":2,"":3}"#,
    ] {
        accepts(text);
    }
}

#[test]
fn refused() {
    for text in [
        "", " ", "nul", "nullx", "True", "+1", "01", "1.", ".5", "1e", "1e+", "-", "0x10", "NaN",
        "'a'", "//",
    ] {
        assert!(refusal(text).is_some(), "{text:?}");
    }
    refuses(
        "{\"a\":1}x",
        "expected nothing after the closing bracket (line 1, column 8)",
    );
    refuses("{\"a\":1} {}", "expected nothing after the closing bracket");
    refuses("[1,]", "expected a value (line 1, column 4)");
    refuses(
        "[1 2]",
        "expected `,` or `]` after the value (line 1, column 4)",
    );
    refuses(
        "{\"a\":1,}",
        "expected a key in double quotes (line 1, column 8)",
    );
    refuses(
        "{a:1}",
        "expected a key in double quotes (line 1, column 2)",
    );
    refuses("{\"a\" 1}", "expected `:` after the key (line 1, column 6)");
    refuses(
        "{\n \"a\": 1\n \"b\": 2}",
        "expected `,` or `}` after the value (line 3, column 2)",
    );
    refuses("{\"a\":", "expected a value (line 1, column 6)");
    refuses("\"abc", "at the end of the string (line 1, column 5)");
    refuses(
        "\"a\nb\"",
        "control characters in a string as escapes, such as \\n (line 1, column 3)",
    );
    refuses("\"\t\"", "control characters");
    refuses(r#""\x""#, "expected an escape");
    refuses(r#""\"#, "expected an escape");
    refuses(r#""\u12g4""#, "four hexadecimal digits");
    refuses("\u{feff}{}", "remove the byte order mark");
    refuses("\u{a0}{}", "expected a value");
}

#[test]
fn half_a_surrogate_pair_is_no_text() {
    for text in [
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800x""#,
        r#""\ud800\n""#,
        r#""\ud800\ud800""#,
        r#""\udc00\ud800""#,
        r#""\ud800\u0041""#,
        r#""\udfff\udfff""#,
    ] {
        refuses(text, "surrogate pair");
    }
    refuses(r#""\ud800\u""#, "four hexadecimal digits");
}

#[test]
fn duplicate_keys_are_refused_however_they_are_spelled() {
    refuses(
        r#"{"a":1,"a":1}"#,
        "a: the key is given twice in one object; merge the two (line 1, column 8)",
    );
    refuses(r#"{"a":1,"b":2,"\u0061":3}"#, "given twice");
    refuses(r#"[{"x":{"":1,"":2}}]"#, "given twice");
    let many: Vec<String> = (0..1000).map(|number| format!("\"k{number}\":0")).collect();
    accepts(&format!("{{{}}}", many.join(",")));
    refuses(
        &format!("{{{},\"k7\":0}}", many.join(",")),
        "k7: the key is given twice",
    );
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    accepts(&nested(limits::NESTING));
    refuses(
        &nested(limits::NESTING + 1),
        "more than 32 objects and lists inside one another",
    );
    refuses(&"[".repeat(1_000_000), "more than 32");
    refuses(&"{\"a\":".repeat(1_000_000), "more than 32");
}

#[test]
fn strings_and_numbers_are_kept_exactly() {
    let string = |text: &str| match read(text).unwrap().json {
        Json::String(text) => text.into_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        string(r#""a\u00e9b\ud83d\udd11c\n""#),
        "a\u{e9}b\u{1F511}c\n"
    );
    assert_eq!(string(r#""\u0000""#), "\0");
    assert_eq!(string("\"é*\""), "é*");
    assert_eq!(
        read("-1.50E+0099").unwrap().json,
        Json::Number("-1.50E+0099")
    );
}

#[test]
fn spans_count_characters_and_lines() {
    let node = read("{\r\n\t\"é\": [1,\n \"\u{1F511}x\"]}").unwrap();
    let Json::Object(members) = &node.json else {
        panic!("{node:?}")
    };
    let span = |span: Span| {
        (
            span.start.line,
            span.start.column,
            span.end.line,
            span.end.column,
        )
    };
    assert_eq!(span(node.span), (1, 1, 3, 8));
    assert_eq!(span(members[0].key_span), (2, 2, 2, 5));
    assert_eq!(span(members[0].value.span), (2, 7, 3, 7));
    let Json::Array(nodes) = &members[0].value.json else {
        panic!("{node:?}")
    };
    assert_eq!(span(nodes[1].span), (3, 2, 3, 6));
}

/// Pieces of JSON that make something valid often enough.
fn soup() -> impl Strategy<Value = String> {
    let pieces = vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"a\"",
        "\"b\"",
        "\"\\u0061\"",
        "\"\\ud83d\"",
        "\"\\ud83d\\udd11\"",
        "\"",
        "\\",
        "0",
        "1",
        "-",
        ".",
        "1.5",
        "e1",
        "true",
        "null",
        " ",
        "\n",
        "\"c\":",
        "\"d\":[",
        "é",
        "\u{feff}",
        "\u{1}",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Ours refuses more (keys twice, depth), and nothing that another strict reader refuses.
    #[test]
    fn agrees_with_serde_json(text in soup()) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        match read(&text) {
            Ok(_) => prop_assert!(theirs, "{text:?} was read"),
            Err(error) => match error.problem() {
                Problem::NotJson(_) => prop_assert!(!theirs, "{text:?}: {error}"),
                problem => prop_assert!(matches!(problem, Problem::DuplicateKey), "{text:?}: {error}"),
            },
        }
    }

    #[test]
    fn strings_agree_with_serde_json(value in any::<String>()) {
        let text = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(read(&text).unwrap().json, Json::String(value.into()));
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let _answer = read(&text);
    }
}
