//! JSON as the AWS CLI prints it.

/// Writes a member of an object.
pub(super) fn member(name: &str, value: &str) -> String {
    format!(r#""{name}":{value}"#)
}

/// Indents JSON by four, one member or item a line.
pub(super) fn pretty(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 3);
    let mut depth = 0_usize;
    let mut characters = compact.chars().peekable();
    let mut is_text = false;
    while let Some(character) = characters.next() {
        if is_text {
            out.push(character);
            match character {
                '\\' => out.extend(characters.next()),
                '"' => is_text = false,
                _ => {}
            }
            continue;
        }
        match character {
            '"' => {
                is_text = true;
                out.push(character);
            }
            '{' | '[' => {
                out.push(character);
                while characters.peek().is_some_and(|it| it.is_whitespace()) {
                    characters.next();
                }
                if characters.peek().is_some_and(|it| matches!(it, '}' | ']')) {
                    out.extend(characters.next());
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(character);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            other if other.is_whitespace() => {}
            other => out.push(other),
        }
    }
    out.push('\n');
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("    ", depth));
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn as_the_cli_prints_it() {
        assert_eq!(
            pretty(r#"{"a": [], "b":{"c":[1,"x\"{,"]}}"#),
            "{\n    \"a\": [],\n    \"b\": {\n        \"c\": [\n            1,\n            \"x\\\"{,\"\n        ]\n    }\n}\n"
        );
    }
}
