//! Patterns of the service models, which texts must match from start to end.

use std::sync::OnceLock;

use regex::Regex;
use regex_syntax::hir::{Class, HirKind};

/// A pattern of the model, compiled on first use.
#[derive(Debug)]
pub struct Pattern {
    text: &'static str,
    regex: &'static str,
    length: Option<(usize, usize)>,
    compiled: OnceLock<Option<Compiled>>,
}

#[derive(Debug)]
struct Compiled {
    regex: Regex,
    run: Option<Run>,
}

/// What a pattern that repeats one set of characters says of ASCII texts, as most of the models' do.
#[derive(Debug)]
struct Run {
    /// A bit for each character.
    set: u128,
    least: usize,
    most: usize,
}

impl Pattern {
    /// A pattern: the model's text and what says the same to the `regex` crate.
    pub(crate) const fn new(text: &'static str, regex: &'static str) -> Self {
        Self {
            text,
            regex,
            length: None,
            compiled: OnceLock::new(),
        }
    }

    /// Adds a length in characters that `regex` cannot say together with the rest.
    pub(crate) const fn within(mut self, least: usize, most: usize) -> Self {
        self.length = Some((least, most));
        self
    }

    /// The model's text, as messages print it.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Whether the whole text matches. A pattern that does not compile matches nothing; a test compiles them all.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let within = self
            .length
            .is_none_or(|(least, most)| (least..=most).contains(&text.chars().count()));
        within
            && self.compiled().is_some_and(|compiled| match &compiled.run {
                Some(run) if text.is_ascii() => run.matches(text),
                Some(_) | None => compiled.regex.is_match(text),
            })
    }

    fn compiled(&self) -> Option<&Compiled> {
        let compile = || {
            let regex = Regex::new(&format!(r"\A(?:{})\z", self.regex)).ok()?;
            let run = Run::of(self.regex);
            Some(Compiled { regex, run })
        };
        self.compiled.get_or_init(compile).as_ref()
    }
}

impl Run {
    fn of(regex: &str) -> Option<Self> {
        let hir = regex_syntax::parse(regex).ok()?;
        let HirKind::Repetition(repeated) = hir.kind() else {
            return None;
        };
        let HirKind::Class(Class::Unicode(class)) = repeated.sub.kind() else {
            return None;
        };
        let is_in = |byte: u8| {
            let mut ranges = class.iter();
            ranges.any(|range| (range.start()..=range.end()).contains(&char::from(byte)))
        };
        let bounds = [Some(repeated.min), repeated.max.or(Some(u32::MAX))];
        let [least, most] = bounds.map(|bound| usize::try_from(bound?).ok());
        Some(Self {
            set: (0..128)
                .filter(|byte| is_in(*byte))
                .fold(0, |set, byte| set | 1 << byte),
            least: least?,
            most: most?,
        })
    }

    fn matches(&self, ascii: &str) -> bool {
        (self.least..=self.most).contains(&ascii.len())
            && ascii
                .bytes()
                .all(|byte| byte < 128 && self.set >> byte & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_repeats_one_set_of_characters_is_a_run() {
        for regex in ["[a-c]+", "[a-c]*", r"[\p{L}\p{Z}]{2,9}"] {
            assert!(Run::of(regex).is_some(), "{regex}");
        }
        for regex in [
            "a",
            "[a-c]",
            "^[a-c]+$",
            "[a-c]+x",
            "(?:[a-c]x)+",
            "[a-c]+|x",
            "([",
        ] {
            assert!(Run::of(regex).is_none(), "{regex}");
        }
    }

    proptest! {
        /// Against the whole regular expression.
        #[test]
        fn a_run_says_what_the_regular_expression_says(
            regex in r"(\[([a-d]|[b-f]-[f-z]|[.]|é-ž|\\p\{(L|N|Z|Lu)\}|[A-Z])+\](\+|\*|[?]|\{0,2\}|\{2\}|\{1,\}))",
            text in "[ a-dfzA-C1.é]{0,4}",
        ) {
            let compiled = Pattern::new("", Box::leak(regex.clone().into_boxed_str()));
            let whole = Regex::new(&format!(r"\A(?:{regex})\z")).unwrap();
            prop_assert_eq!(compiled.matches(&text), whole.is_match(&text));
        }
    }
}
