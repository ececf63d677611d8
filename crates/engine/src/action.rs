//! Action patterns.

use crate::compiled::{Kind, Written};
use crate::template::Template;

/// The action that a request asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActionName<'r> {
    text: &'r str,
    /// The service and the name; `None` where there is no colon, which only `*` fits.
    parts: Option<(&'r str, &'r str)>,
}

impl<'r> ActionName<'r> {
    pub(crate) fn new(text: &'r str) -> Self {
        Self {
            text,
            parts: text.split_once(':'),
        }
    }

    /// Returns the name where the action is of this service, given in lower case.
    pub(crate) fn of_service(&self, service: &str) -> Option<&'r str> {
        self.parts
            .filter(|(own, _)| own.eq_ignore_ascii_case(service))
            .map(|(_, name)| name)
    }

    /// Returns whether this is exactly that action.
    pub(crate) fn is(&self, action: &str) -> bool {
        self.text == action || self.text.eq_ignore_ascii_case(action)
    }

    /// Returns whether an action pattern fits.
    // SOURCE: spec/policy-language.md §3.
    pub(crate) fn fits(&self, pattern: &Written<'_>) -> bool {
        match pattern.kind {
            Kind::Everything => true,
            Kind::Exact => self.is(pattern.text),
            Kind::Glob => {
                let (Some((service, name)), Some((service_pattern, name_pattern))) =
                    (self.parts, pattern.text.split_once(':'))
                else {
                    return false;
                };
                Template::pattern(service_pattern).fits_ignoring_case(service)
                    && Template::pattern(name_pattern).fits_ignoring_case(name)
            }
            Kind::Never
            | Kind::Prefix
            | Kind::PrincipalAws
            | Kind::PrincipalCanonicalUser
            | Kind::PrincipalFederated
            | Kind::PrincipalService
            | Kind::ShortArn
            | Kind::VariableInHead
            | Kind::Variables => false,
        }
    }
}
