//! Patterns of the model, which are written for Java, to patterns of the `regex` crate.
//!
//! In Java `\w` and `\d` are ASCII only, `\uXXXX` takes exactly four digits, and inside a class `&`, `~` and `-` have
//! other rules than in `regex`.

use anyhow::{Result, bail};

/// A pattern that `regex` understands and that accepts the same texts, matched from start to end.
pub(crate) struct Translation {
    /// For the `regex` crate, without anchors.
    pub(crate) regex: String,
    /// A length in characters that a text must have as well.
    pub(crate) length: Option<(usize, usize)>,
}

/// Patterns with look-around, which `regex` does not have, and what says the same.
///
/// The account alias: letters and digits at both ends, 1 to 61 characters between, no two hyphens in a row. So it is
/// groups of letters and digits joined by single hyphens, 3 to 63 characters long.
const BY_HAND: [(&str, &str, usize, usize); 1] = [(
    r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
    r"[a-z0-9]+(?:-[a-z0-9]+)*",
    3,
    63,
)];

/// Translates one pattern.
pub(crate) fn translate(java: &str) -> Result<Translation> {
    for (text, regex, least, most) in BY_HAND {
        if java == text {
            return Ok(Translation {
                regex: regex.to_owned(),
                length: Some((least, most)),
            });
        }
    }
    if java.contains("(?") {
        bail!("pattern with look-around and no translation by hand: {java}");
    }
    let mut regex = String::new();
    let mut characters = java.chars().peekable();
    let mut in_class = false;
    // What a hyphen may follow inside a class: a range is over after its second end.
    let mut range = Range::Start;
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                escape(java, &mut characters, in_class, &mut regex)?;
                range = range.after_item();
            }
            '[' if !in_class => {
                in_class = true;
                range = Range::Start;
                regex.push('[');
            }
            ']' if in_class => {
                in_class = false;
                regex.push(']');
            }
            '[' | '&' | '~' => {
                regex.push('\\');
                regex.push(character);
                range = range.after_item();
            }
            '-' if in_class => {
                let opens = matches!(range, Range::Item)
                    && characters.peek().is_some_and(|&next| next != ']');
                regex.push_str(if opens { "-" } else { r"\-" });
                range = if opens { Range::Open } else { Range::Closed };
            }
            other => {
                regex.push(other);
                range = range.after_item();
            }
        }
    }
    Ok(Translation {
        regex,
        length: None,
    })
}

#[derive(Clone, Copy)]
enum Range {
    Closed,
    Item,
    Open,
    Start,
}

impl Range {
    fn after_item(self) -> Self {
        match self {
            Self::Open => Self::Closed,
            Self::Closed | Self::Item | Self::Start => Self::Item,
        }
    }
}

fn escape(
    java: &str,
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    in_class: bool,
    regex: &mut String,
) -> Result<()> {
    let ascii = |class: &str| {
        if in_class {
            class.to_owned()
        } else {
            format!("[{class}]")
        }
    };
    match characters.next() {
        Some('u') => {
            let digits: String = characters.by_ref().take(4).collect();
            if digits.len() != 4 || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
                bail!("bad \\u escape in {java}");
            }
            regex.push_str(&format!(r"\x{{{digits}}}"));
        }
        Some('w') => regex.push_str(&ascii("0-9A-Za-z_")),
        Some('d') => regex.push_str(&ascii("0-9")),
        Some('p') => regex.push_str(r"\p"),
        Some(mark) if mark.is_ascii_punctuation() => {
            if mark == '/' || mark == ':' {
                regex.push(mark);
            } else {
                regex.push('\\');
                regex.push(mark);
            }
        }
        other => bail!("escape {other:?} of {java} has no translation"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn translates() {
        for (java, expected) in [
            (r"[\w+=,.@-]+", r"[0-9A-Za-z_+=,.@\-]+"),
            (r"\d{12}", r"[0-9]{12}"),
            (
                r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*",
                r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*",
            ),
            (
                r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)",
                r"(\x{002F})|(\x{002F}[\x{0021}-\x{007E}]+\x{002F})",
            ),
            (r"[ -~]+", r"[ -\~]+"),
            (r"[0-9a-z-\/]*", r"[0-9a-z\-/]*"),
            (r"[a-z=&-]*", r"[a-z=\&\-]*"),
            // Java reads four digits: the fifth is a character of its own.
            (r"[\u10000-\u10FFFF]+", r"[\x{1000}0-\x{10FF}FF]+"),
            (
                r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
                "[a-z0-9]+(?:-[a-z0-9]+)*",
            ),
        ] {
            assert_eq!(translate(java).unwrap().regex, expected);
        }
        for unknown in [r"a(?=b)", r"\s+", r"\b"] {
            assert!(translate(unknown).is_err(), "{unknown}");
        }
    }
}
