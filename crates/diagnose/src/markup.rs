//! Text within HTML and SVG.

/// Writes text so that nothing of it is markup. Characters that XML does not allow are replaced.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(character),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            control if control.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

/// Breaks text into lines of at most so many characters, at spaces, or behind `/`, `:`, `-` and `,` in a word that is
/// longer, or anywhere in one that has none of these.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut glue = true;
        for part in parts(word, width) {
            let used = lines.last().map_or(0, |line| line.chars().count());
            let gap = usize::from(used > 0 && glue);
            let more = part.chars().count();
            if used > 0 && used.saturating_add(gap).saturating_add(more) > width {
                lines.push(part);
            } else if let Some(line) = lines.last_mut() {
                if gap > 0 {
                    line.push(' ');
                }
                line.push_str(&part);
            }
            glue = false;
        }
    }
    lines
}

/// Splits a word that is too long for a line into parts that are not.
fn parts(word: &str, width: usize) -> Vec<String> {
    if word.chars().count() <= width {
        return vec![word.to_owned()];
    }
    let mut parts = vec![String::new()];
    for character in word.chars() {
        let Some(part) = parts.last_mut() else {
            return parts;
        };
        part.push(character);
        let length = part.chars().count();
        let may_break = matches!(character, '/' | ':' | '-' | ',');
        if length >= width || (may_break && length.saturating_mul(4) >= width) {
            parts.push(String::new());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(
            escaped("<b>&\"'\u{1b}[31m\u{0}"),
            "&lt;b&gt;&amp;&quot;&#39;\u{fffd}[31m\u{fffd}"
        );
    }

    #[test]
    fn lines() {
        let arn = "arn:aws:iam::111122223333:role/a/very/long/path/Name";
        for (text, width) in [
            ("", 10),
            ("a b c", 8),
            (arn, 20),
            ("xxxxxxxxxxxxxxxxxxxxxxxx", 10),
        ] {
            let lines = wrapped(text, width);
            assert!(
                lines.iter().all(|line| line.chars().count() <= width),
                "{lines:?}"
            );
            let squeezed = |text: &str| text.replace(' ', "");
            assert_eq!(squeezed(&lines.concat()), squeezed(text));
        }
    }
}
