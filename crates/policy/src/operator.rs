//! Condition operators from their spelling.

use crate::ast::{Operator, SetQualifier, Test};

impl Operator {
    /// Takes an operator's text apart.
    ///
    /// Only the canonical spelling is known: case counts, one colon follows a set qualifier, and `Null` takes no
    /// `IfExists`. Everything else is [`Operator::Unknown`] with the text as written, so that printing gives back
    /// what was read.
    ///
    /// # Examples
    /// ```
    /// use keyward_policy::{Operator, Test};
    ///
    /// let operator = Operator::parse("StringLikeIfExists");
    /// assert_eq!(operator, Operator::Known { qualifier: None, test: Test::StringLike, if_exists: true });
    /// assert_eq!(Operator::parse("stringlike"), Operator::Unknown("stringlike".to_owned()));
    /// ```
    // SOURCE: spec/policy-language.md §6: canonical spelling only; `ForAnyValue::…` and `NullIfExists` are errors.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (qualifier, rest) = if let Some(rest) = text.strip_prefix("ForAllValues:") {
            (Some(SetQualifier::ForAllValues), rest)
        } else if let Some(rest) = text.strip_prefix("ForAnyValue:") {
            (Some(SetQualifier::ForAnyValue), rest)
        } else {
            (None, text)
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            None => (rest, false),
            Some(name) => (name, true),
        };
        match Test::ALL.iter().copied().find(|test| test.name() == name) {
            Some(test) if !(test == Test::Null && if_exists) => Self::Known {
                qualifier,
                test,
                if_exists,
            },
            Some(_) | None => Self::Unknown(text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(Option<SetQualifier>, Test, bool)>) {
        let expected = match expected {
            None => Operator::Unknown(text.to_owned()),
            Some((qualifier, test, if_exists)) => Operator::Known {
                qualifier,
                test,
                if_exists,
            },
        };
        let operator = Operator::parse(text);
        assert_eq!(operator, expected, "{text}");
        assert_eq!(operator.to_string(), text);
    }

    #[test]
    fn known() {
        use SetQualifier::{ForAllValues, ForAnyValue};
        check("Bool", Some((None, Test::Bool, false)));
        check("BoolIfExists", Some((None, Test::Bool, true)));
        check("Null", Some((None, Test::Null, false)));
        check(
            "ForAllValues:Null",
            Some((Some(ForAllValues), Test::Null, false)),
        );
        check(
            "ForAnyValue:StringNotLikeIfExists",
            Some((Some(ForAnyValue), Test::StringNotLike, true)),
        );
        for test in Test::ALL {
            check(test.name(), Some((None, *test, false)));
        }
    }

    #[test]
    fn unknown() {
        for text in [
            "",
            "bool",
            "BOOL",
            "Bool ",
            " Bool",
            "IfExists",
            "NullIfExists",
            "ForAnyValue:NullIfExists",
            "BoolIfExistsIfExists",
            "Boolifexists",
            "ForAnyValue:",
            "ForAnyValue::StringEquals",
            "ForAnyValue:ForAnyValue:StringEquals",
            "forAnyValue:StringEquals",
            "ForAnyValue StringEquals",
            "ForAnyValues:StringEquals",
            "ForAllValue:StringEquals",
            "StringEquals:ForAnyValue",
            "StringEqualsX",
        ] {
            check(text, None);
        }
    }
}
