//! One value of a request against one value that a policy wants.

use keyward_policy::{Effect, Test};

use super::{address, binary, date, number};
use crate::arn::{Segments, Variables};
use crate::compiled::{Kind, Written};
use crate::context::Context;
use crate::template::{Element, Template};

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Differs,
    Fits,
    /// One of them is not a value of the operator's kind, or a policy variable in it has no value.
    Incomparable,
}

/// Whether an operator asks for a value that fits or for one that does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    Negated,
    Positive,
}

pub(super) fn sense(test: Test) -> Sense {
    match test {
        Test::ArnNotEquals
        | Test::ArnNotLike
        | Test::DateNotEquals
        | Test::NotIpAddress
        | Test::NumericNotEquals
        | Test::StringNotEquals
        | Test::StringNotEqualsIgnoreCase
        | Test::StringNotLike => Sense::Negated,
        Test::ArnEquals
        | Test::ArnLike
        | Test::BinaryEquals
        | Test::Bool
        | Test::DateEquals
        | Test::DateGreaterThan
        | Test::DateGreaterThanEquals
        | Test::DateLessThan
        | Test::DateLessThanEquals
        | Test::IpAddress
        | Test::Null
        | Test::NumericEquals
        | Test::NumericGreaterThan
        | Test::NumericGreaterThanEquals
        | Test::NumericLessThan
        | Test::NumericLessThanEquals
        | Test::StringEquals
        | Test::StringEqualsIgnoreCase
        | Test::StringLike => Sense::Positive,
    }
}

/// Compares; for a negated operator as its positive counterpart does.
pub(super) fn compare(
    test: Test,
    wanted: &Written<'_>,
    actual: &str,
    effect: Effect,
    context: &Context<'_>,
) -> Comparison {
    let ordered = |compared: Option<std::cmp::Ordering>| {
        compared.map(|order| match test {
            Test::DateGreaterThan | Test::NumericGreaterThan => order.is_gt(),
            Test::DateGreaterThanEquals | Test::NumericGreaterThanEquals => order.is_ge(),
            Test::DateLessThan | Test::NumericLessThan => order.is_lt(),
            Test::DateLessThanEquals | Test::NumericLessThanEquals => order.is_le(),
            Test::ArnEquals
            | Test::ArnLike
            | Test::ArnNotEquals
            | Test::ArnNotLike
            | Test::BinaryEquals
            | Test::Bool
            | Test::DateEquals
            | Test::DateNotEquals
            | Test::IpAddress
            | Test::NotIpAddress
            | Test::Null
            | Test::NumericEquals
            | Test::NumericNotEquals
            | Test::StringEquals
            | Test::StringEqualsIgnoreCase
            | Test::StringLike
            | Test::StringNotEquals
            | Test::StringNotEqualsIgnoreCase
            | Test::StringNotLike => order.is_eq(),
        })
    };
    let fits = match test {
        Test::ArnEquals | Test::ArnLike | Test::ArnNotEquals | Test::ArnNotLike => {
            arn_fits(wanted, actual, context)
        }
        Test::BinaryEquals => binary::equals(wanted.text, actual.as_bytes()),
        Test::Bool => bool_fits(wanted, actual, effect, context),
        Test::DateEquals
        | Test::DateGreaterThan
        | Test::DateGreaterThanEquals
        | Test::DateLessThan
        | Test::DateLessThanEquals
        | Test::DateNotEquals => ordered(date::compare(actual, wanted.text)),
        Test::IpAddress | Test::NotIpAddress => address::contains(wanted.text, actual),
        // Decided before any comparison.
        Test::Null => None,
        Test::NumericEquals
        | Test::NumericGreaterThan
        | Test::NumericGreaterThanEquals
        | Test::NumericLessThan
        | Test::NumericLessThanEquals
        | Test::NumericNotEquals => ordered(number::compare(actual, wanted.text)),
        Test::StringEquals | Test::StringNotEquals => string_fits(wanted, context, |template| {
            template.without_wildcards().fits(actual)
        }),
        Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase => {
            string_fits(wanted, context, |template| {
                equals_ignoring_case(template.without_wildcards(), actual)
            })
        }
        Test::StringLike | Test::StringNotLike => {
            string_fits(wanted, context, |template| template.fits(actual))
        }
    };
    match fits {
        None => Comparison::Incomparable,
        Some(false) => Comparison::Differs,
        Some(true) => Comparison::Fits,
    }
}

/// Reads a wanted text, if all its variables have values.
fn resolved<'t>(wanted: &Written<'t>, context: &'t Context<'t>) -> Option<Template<'t>> {
    let template = Template::of(wanted, context);
    template.unresolved().is_none().then_some(template)
}

/// Compares with a wanted text, `None` where one of its variables has no value.
fn string_fits<'t>(
    wanted: &Written<'t>,
    context: &'t Context<'t>,
    fits: impl FnOnce(Template<'t>) -> bool,
) -> Option<bool> {
    match wanted.kind {
        Kind::Variables => resolved(wanted, context).map(fits),
        Kind::Everything
        | Kind::Exact
        | Kind::Glob
        | Kind::Never
        | Kind::Prefix
        | Kind::PrincipalAws
        | Kind::PrincipalCanonicalUser
        | Kind::PrincipalFederated
        | Kind::PrincipalService
        | Kind::ShortArn
        | Kind::VariableInHead => Some(fits(Template::of(wanted, context))),
    }
}

/// Compares as Unicode lower case.
fn equals_ignoring_case(template: Template<'_>, actual: &str) -> bool {
    let literals = template.elements().map(|element| match element {
        Element::Literal(text) => text,
        // Neither occurs in a resolved template without wildcards.
        Element::AnyCharacter | Element::AnyText | Element::Unresolved(_) => "",
    });
    literals
        .flat_map(str::chars)
        .flat_map(char::to_lowercase)
        .eq(actual.chars().flat_map(char::to_lowercase))
}

/// Matches part by part: no wildcard and no value reaches over one of the first five colons.
fn arn_fits(wanted: &Written<'_>, actual: &str, context: &Context<'_>) -> Option<bool> {
    let variables = if wanted.kind == Kind::Variables {
        Variables::Known
    } else {
        Variables::Text
    };
    let parts = Segments::split(wanted.text, variables).filter(Segments::is_complete)?;
    let actual = Segments::split(actual, Variables::Text).filter(Segments::is_complete)?;
    let template = resolved(wanted, context)?;
    Some(
        parts
            .parts()
            .iter()
            .zip(actual.parts())
            .all(|(part, actual)| template.with_text(part).fits(actual)),
    )
}

/// Compares two of `true` and `false`, in any case.
// SOURCE: spec/policy-language.md §6: whether Bool takes variables is not agreed on, so they help no Allow.
fn bool_fits(
    wanted: &Written<'_>,
    actual: &str,
    effect: Effect,
    context: &Context<'_>,
) -> Option<bool> {
    let actual = parse_bool(actual)?;
    if wanted.kind != Kind::Variables {
        return parse_bool(wanted.text).map(|wanted| wanted == actual);
    }
    match effect {
        Effect::Allow => None,
        Effect::Deny => {
            let template = resolved(wanted, context)?.without_wildcards();
            match (
                template.fits_ignoring_case("true"),
                template.fits_ignoring_case("false"),
            ) {
                (true, _) => Some(actual),
                (false, true) => Some(!actual),
                (false, false) => None,
            }
        }
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}
