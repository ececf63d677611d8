//! Resource patterns.

use crate::action::ActionName;
use crate::arn::{PARTS, Segments, Variables};
use crate::compiled::{Kind, Written};
use crate::context::Context;
use crate::template::{Element, Template};

/// What `s3:ListAllMyBuckets` is about where it is not about `*`.
const EVERY_BUCKET: &str = "arn:aws:s3:::*";

/// The resource that a request asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceName<'r> {
    text: &'r str,
    /// `None` for `*` and whatever else is no ARN, which hardly any pattern fits.
    arn: Option<Segments<'r>>,
}

/// What a pattern whose meaning is in doubt is taken for. A doubt never helps a request, so in a `Not…` element it is the
/// other way round than in the plain one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    Fits,
    Misses,
}

impl<'r> ResourceName<'r> {
    pub(crate) fn new(text: &'r str) -> Self {
        Self {
            text,
            arn: Segments::split(text, Variables::Text).filter(Segments::is_complete),
        }
    }

    pub(crate) fn arn(&self) -> Option<&Segments<'r>> {
        self.arn.as_ref()
    }

    /// Returns whether a resource pattern fits.
    // SOURCE: spec/policy-language.md §4.
    pub(crate) fn fits(
        &self,
        pattern: &Written<'_>,
        action: &ActionName<'_>,
        context: &Context<'_>,
        doubt: Doubt,
    ) -> bool {
        match pattern.kind {
            Kind::Everything => return true,
            Kind::Never => return false,
            Kind::Exact
            | Kind::Glob
            | Kind::Prefix
            | Kind::PrincipalAws
            | Kind::PrincipalCanonicalUser
            | Kind::PrincipalFederated
            | Kind::PrincipalService
            | Kind::ShortArn
            | Kind::VariableInHead
            | Kind::Variables => {}
        }
        let Some(arn) = &self.arn else {
            return action.is("s3:ListAllMyBuckets")
                && match doubt {
                    Doubt::Fits => {
                        Self::new(EVERY_BUCKET).fits(pattern, &ActionName::new(""), context, doubt)
                    }
                    Doubt::Misses => pattern.text == EVERY_BUCKET,
                };
        };
        if pattern.head == 0 {
            return fits_by_part(arn, pattern, context, doubt);
        }
        let (Some((head_pattern, resource_pattern)), Some((head, resource))) = (
            pattern.text.split_at_checked(pattern.head),
            self.text.split_at_checked(pattern.head),
        ) else {
            return false;
        };
        // The five colons of the one head stand against those of the other, so that the resource parts are aligned.
        let is_same_head = match doubt {
            Doubt::Fits => head.eq_ignore_ascii_case(head_pattern),
            Doubt::Misses => head == head_pattern,
        };
        is_same_head
            && match pattern.kind {
                Kind::Exact => resource == resource_pattern,
                Kind::Prefix => {
                    let before = resource_pattern
                        .strip_suffix('*')
                        .unwrap_or(resource_pattern);
                    resource.starts_with(before)
                }
                Kind::Everything
                | Kind::Glob
                | Kind::Never
                | Kind::PrincipalAws
                | Kind::PrincipalCanonicalUser
                | Kind::PrincipalFederated
                | Kind::PrincipalService
                | Kind::ShortArn
                | Kind::VariableInHead
                | Kind::Variables => Template::of(pattern, context)
                    .with_text(resource_pattern)
                    .fits(resource),
            }
            && is_type_word_plain(arn, pattern, context, doubt)
    }
}

/// Matches part by part, so that no wildcard reaches over one of the first five colons.
fn fits_by_part(
    arn: &Segments<'_>,
    pattern: &Written<'_>,
    context: &Context<'_>,
    doubt: Doubt,
) -> bool {
    let template = Template::of(pattern, context);
    let variables = match pattern.kind {
        Kind::VariableInHead | Kind::Variables => Variables::Known,
        Kind::Everything
        | Kind::Exact
        | Kind::Glob
        | Kind::Never
        | Kind::Prefix
        | Kind::PrincipalAws
        | Kind::PrincipalCanonicalUser
        | Kind::PrincipalFederated
        | Kind::PrincipalService
        | Kind::ShortArn => Variables::Text,
    };
    // Nobody is allowed by a variable in place of partition or service.
    if pattern.kind == Kind::VariableInHead && doubt == Doubt::Misses {
        return false;
    }
    let Some(wanted) = Segments::split(pattern.text, variables) else {
        return false;
    };
    // A short ARN is filled up with `*`, where it is meant to go on: after its own `*`.
    if !wanted.is_complete() && doubt == Doubt::Misses && !pattern.text.ends_with('*') {
        return false;
    }
    let fits_part = |(index, (wanted, actual)): (usize, (&&str, &&str))| {
        let part = template.with_text(wanted);
        match doubt {
            Doubt::Fits if index.saturating_add(1) < PARTS => part.fits_ignoring_case(actual),
            Doubt::Fits | Doubt::Misses => part.fits(actual),
        }
    };
    wanted
        .parts()
        .iter()
        .zip(arn.parts())
        .enumerate()
        .all(fits_part)
        && (!wanted.is_complete() || is_type_word_plain(arn, pattern, context, doubt))
}

/// Returns whether the type word of an IAM resource (`user/…`) is free of wildcards, or does not matter.
// SOURCE: spec/policy-language.md §4: no wildcard in the resource-type word, but a lone `*` is fine.
fn is_type_word_plain(
    arn: &Segments<'_>,
    pattern: &Written<'_>,
    context: &Context<'_>,
    doubt: Doubt,
) -> bool {
    if doubt == Doubt::Fits || !arn.service().eq_ignore_ascii_case("iam") {
        return true;
    }
    let template = Template::of(pattern, context);
    let variables = if crate::template::has_variables(pattern.kind) {
        Variables::Known
    } else {
        Variables::Text
    };
    let Some(resource) =
        Segments::split(pattern.text, variables).map(|segments| segments.resource())
    else {
        return false;
    };
    if resource == "*" {
        return true;
    }
    for element in template.with_text(resource).elements() {
        match element {
            Element::AnyCharacter | Element::AnyText | Element::Unresolved(_) => return false,
            Element::Literal(text) if text.contains('/') => return true,
            Element::Literal(_) => {}
        }
    }
    true
}
