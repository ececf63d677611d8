//! Trust policies, and the other policies that name principals.
//!
//! One walk for three kinds, which differ in the few points of a [`Profile`]. AWS does not say in which order
//! services check their resource policies; here they follow the trust policy.

use super::principal;
use super::{WritePolicyError, WriteRule, element};
use crate::ast::{
    ActionElement, Effect, Policy, PrincipalElement, PrincipalSet, ResourceElement, Statement,
};
use crate::error::{ParsePolicyError, Problem};
use crate::limits;
use crate::parse::{self, Draft};

mod federation;
mod profile;

use profile::{Actions, Everyone, NotPrincipal, Resources};
pub(super) use profile::{Profile, RESOURCE, TRUST, VPC_ENDPOINT};

const SYNTAX: &str = "Syntax error in policy.";

// SOURCE: spec/policy-language.md §7, "Trust policies". An absent Version is accepted: UNSURE there, but templates
// without one are common, and its meaning is the stricter one.
pub(super) fn check(text: &str, profile: &Profile) -> Result<Policy, WritePolicyError> {
    let draft = parse::draft(text, limits::DOCUMENT_CHARACTERS).map_err(|problem| {
        WritePolicyError::of_problem(
            WriteRule::Syntax,
            "This policy contains invalid Json",
            &problem,
        )
    })?;
    whole(&draft)?;
    element::sid_uniqueness(
        &draft.policy,
        "The Statement Ids in the policy are not unique",
    )?;
    // Every problem inside a statement ends the walk at that statement, so those before it have none.
    let broken = draft.problems.iter().find_map(|problem| problem.statement);
    for (index, statement) in draft.policy.statements.iter().enumerate() {
        let problems = if broken == Some(index) {
            draft.problems.as_slice()
        } else {
            &[]
        };
        Walk {
            profile,
            index,
            statement,
            problems,
        }
        .check()?;
    }
    match draft.problems.first() {
        None => Ok(draft.policy),
        Some(problem) => Err(WritePolicyError::of_problem(
            WriteRule::Syntax,
            SYNTAX,
            problem,
        )),
    }
}

/// What concerns the document as a whole.
fn whole(draft: &Draft) -> Result<(), WritePolicyError> {
    let outer = || {
        draft
            .problems
            .iter()
            .filter(|problem| problem.statement.is_none())
    };
    if let Some(problem) = outer().find(|problem| problem.place() == "Version") {
        let message = "The policy must contain a valid version string";
        return Err(WritePolicyError::of_problem(
            WriteRule::Version,
            message,
            problem,
        ));
    }
    let is_about_statements = |problem: &&ParsePolicyError| {
        problem.place() == "Statement" || matches!(problem.problem(), Problem::Missing(_))
    };
    if let Some(problem) = outer().find(is_about_statements) {
        let message = "Could not parse the policy: Statement is empty!";
        return Err(WritePolicyError::of_problem(
            WriteRule::StatementMissing,
            message,
            problem,
        ));
    }
    if let Some(key) = draft.unknown_keys.first() {
        let advice =
            "unknown element (names are case-sensitive); use one of Version, Id, Statement";
        return Err(WritePolicyError::new(
            WriteRule::Syntax,
            SYNTAX,
            "policy",
            key.span,
            advice,
        ));
    }
    Ok(())
}

/// One statement and what was wrong with it when it was read.
struct Walk<'a> {
    profile: &'a Profile,
    index: usize,
    statement: &'a Statement,
    problems: &'a [ParsePolicyError],
}

impl Walk<'_> {
    fn check(&self) -> Result<(), WritePolicyError> {
        if let Some(problem) = self.problem_at("") {
            return Err(WritePolicyError::of_problem(
                WriteRule::Syntax,
                SYNTAX,
                problem,
            ));
        }
        self.effect()?;
        self.principal()?;
        self.action()?;
        self.resource()?;
        self.federation()?;
        self.syntax()?;
        self.principal_values()
    }

    fn error(
        &self,
        rule: WriteRule,
        message: &str,
        element: &str,
        advice: &str,
    ) -> WritePolicyError {
        let place = format!("Statement[{}]{element}", self.index);
        WritePolicyError::new(rule, message, place, self.statement.span, advice)
    }

    /// Returns the problem with an element of this statement, such as `.Effect`; an absent element has none.
    fn problem_at(&self, element: &str) -> Option<&ParsePolicyError> {
        let place = format!("Statement[{}]{element}", self.index);
        let is_here = |problem: &&ParsePolicyError| {
            problem.place() == place && !matches!(problem.problem(), Problem::Missing(_))
        };
        self.problems.iter().find(is_here)
    }

    fn effect(&self) -> Result<(), WritePolicyError> {
        if let Some(problem) = self.problem_at(".Effect") {
            let message = if let Problem::EffectCase(text) | Problem::InvalidEffect(text) =
                problem.problem()
            {
                format!("Invalid effect: {text}")
            } else {
                SYNTAX.to_owned()
            };
            return Err(WritePolicyError::of_problem(
                WriteRule::Effect,
                message,
                problem,
            ));
        }
        let is_missing = |problem: &&ParsePolicyError| {
            problem.statement == Some(self.index)
                && *problem.problem() == Problem::Missing("Effect")
        };
        match self.problems.iter().find(is_missing) {
            None => Ok(()),
            Some(problem) => Err(WritePolicyError::of_problem(
                WriteRule::Effect,
                "Missing required field Effect",
                problem,
            )),
        }
    }

    fn principal(&self) -> Result<(), WritePolicyError> {
        const NO_OBJECT: &str = "Principal must be a JSON object.";
        for element in [".Principal", ".NotPrincipal"] {
            if let Some(problem) = self.problem_at(element) {
                let message = if matches!(problem.problem(), Problem::Both(..)) {
                    SYNTAX
                } else {
                    NO_OBJECT
                };
                return Err(WritePolicyError::of_problem(
                    WriteRule::PrincipalFormat,
                    message,
                    problem,
                ));
            }
        }
        let set = match &self.statement.principal {
            None => {
                let advice = "say whom the statement is about, such as {\"AWS\": \"111122223333\"}";
                let message = "Missing required field Principal";
                return Err(self.error(WriteRule::PrincipalMissing, message, ".Principal", advice));
            }
            Some(PrincipalElement::NotPrincipal(set)) => {
                self.not_principal()?;
                set
            }
            Some(PrincipalElement::Principal(set)) => set,
        };
        match (set, &self.profile.everyone) {
            (PrincipalSet::Everyone(_), Everyone::Accepted) => Ok(()),
            (PrincipalSet::Everyone(_), Everyone::Refused) => {
                // SOURCE: what AWS answered in public reports: not the text that it has for other strings.
                let message = "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\".";
                let advice = "write {\"AWS\": \"*\"} if everyone is meant";
                Err(self.error(WriteRule::PrincipalFormat, message, ".Principal", advice))
            }
            (PrincipalSet::Listed(listed), _) if listed.is_empty() && self.problems.is_empty() => {
                let advice = "name at least one principal, such as {\"AWS\": \"111122223333\"}";
                let message = "Missing required field Principal cannot be empty!";
                Err(self.error(WriteRule::PrincipalMissing, message, ".Principal", advice))
            }
            (PrincipalSet::Listed(_), _) => Ok(()),
        }
    }

    fn not_principal(&self) -> Result<(), WritePolicyError> {
        let (message, advice) = match (self.statement.effect.value, &self.profile.not_principal) {
            (Effect::Allow, _) => (
                "Allow with NotPrincipal is not allowed.",
                "list in Principal whom the statement is about",
            ),
            (Effect::Deny, NotPrincipal::Refused) => (
                "AssumeRole policy must not contain NotPrincipal field.",
                "deny everyone and except some by a condition on aws:PrincipalArn",
            ),
            (Effect::Deny, NotPrincipal::DenyOnly) => return Ok(()),
        };
        Err(self.error(
            WriteRule::PrincipalProhibited,
            message,
            ".NotPrincipal",
            advice,
        ))
    }

    fn action(&self) -> Result<(), WritePolicyError> {
        if self
            .problem_at(".Action")
            .or_else(|| self.problem_at(".NotAction"))
            .is_some()
        {
            return self.syntax();
        }
        element::actions_exist(self.index, self.statement, "Missing required field Action")?;
        match self.profile.actions {
            Actions::Any => return element::action_format(self.index, self.statement),
            Actions::Sts => {}
        }
        let message = "AssumeRole policy may only specify STS AssumeRole actions.";
        match &self.statement.action {
            Some(ActionElement::NotAction(_)) => {
                let advice = "list the actions in Action, such as sts:AssumeRole";
                return Err(self.error(WriteRule::ActionProhibited, message, ".NotAction", advice));
            }
            None | Some(ActionElement::Action(_)) => {}
        }
        let actions = self
            .statement
            .action
            .iter()
            .flat_map(ActionElement::patterns);
        for action in actions {
            if !is_sts_action(&action.value) {
                let place = format!("Statement[{}].Action", self.index);
                let advice = "only actions that begin with sts: can be trusted to somebody, such as sts:AssumeRole";
                let rule = WriteRule::ActionProhibited;
                return Err(WritePolicyError::new(
                    rule,
                    message,
                    place,
                    action.span,
                    advice,
                ));
            }
        }
        Ok(())
    }

    fn resource(&self) -> Result<(), WritePolicyError> {
        if self
            .problem_at(".Resource")
            .or_else(|| self.problem_at(".NotResource"))
            .is_some()
        {
            return self.syntax();
        }
        match (&self.profile.resources, &self.statement.resource) {
            (Resources::Optional | Resources::Refused, None) => Ok(()),
            (Resources::Optional | Resources::Required, Some(resource)) => {
                self.resource_format(resource)
            }
            (Resources::Refused, Some(resource)) => {
                let message = match resource {
                    ResourceElement::NotResource(_) => {
                        "AssumeRole policy must not contain resources."
                    }
                    ResourceElement::Resource(_) => "Has prohibited field Resource",
                };
                let element = format!(".{}", resource.name());
                let advice = "remove it: the resource is the role itself";
                Err(self.error(WriteRule::ResourceProhibited, message, &element, advice))
            }
            (Resources::Required, None) => element::resources_exist(
                self.index,
                self.statement,
                "Missing required field Resource",
            ),
        }
    }

    fn resource_format(&self, resource: &ResourceElement) -> Result<(), WritePolicyError> {
        element::resources_exist(
            self.index,
            self.statement,
            "Missing required field Resource",
        )?;
        let is_resource = |text: &str| text == "*" || text.starts_with("arn:");
        match resource
            .patterns()
            .iter()
            .find(|pattern| !is_resource(&pattern.value))
        {
            None => Ok(()),
            Some(pattern) => {
                let place = format!("Statement[{}].{}", self.index, resource.name());
                let message = "Policy has invalid resource";
                let advice = "write an ARN or \"*\"";
                Err(WritePolicyError::new(
                    WriteRule::ResourceFormat,
                    message,
                    place,
                    pattern.span,
                    advice,
                ))
            }
        }
    }

    fn federation(&self) -> Result<(), WritePolicyError> {
        match federation::open_provider(self.statement) {
            None => Ok(()),
            Some(open) => {
                let place = format!("Statement[{}].Principal.Federated", self.index);
                let advice =
                    "say by a condition whose identities of this shared provider are trusted";
                let span = open.principal.value.span;
                Err(WritePolicyError::new(
                    WriteRule::FederationCondition,
                    open.message,
                    place,
                    span,
                    advice,
                ))
            }
        }
    }

    fn syntax(&self) -> Result<(), WritePolicyError> {
        if let Some(problem) = self
            .problems
            .iter()
            .find(|problem| problem.statement == Some(self.index))
        {
            return Err(WritePolicyError::of_problem(
                WriteRule::Syntax,
                SYNTAX,
                problem,
            ));
        }
        if let Some(condition) = element::unknown_operator(self.statement) {
            let place = element::condition_place(self.index, condition);
            let advice =
                "unknown condition operator (names are case-sensitive), such as StringEquals";
            return Err(WritePolicyError::new(
                WriteRule::Syntax,
                SYNTAX,
                place,
                condition.operator.span,
                advice,
            ));
        }
        if let Some((condition, value)) = element::bad_date(self.statement) {
            let place = element::condition_place(self.index, condition);
            let advice = "write a date such as 2026-01-31T00:00:00Z or seconds since 1970";
            return Err(WritePolicyError::new(
                WriteRule::Syntax,
                SYNTAX,
                place,
                value.span,
                advice,
            ));
        }
        Ok(())
    }

    fn principal_values(&self) -> Result<(), WritePolicyError> {
        let Some(element) = &self.statement.principal else {
            return Ok(());
        };
        let listed = match element.set() {
            PrincipalSet::Everyone(_) => return Ok(()),
            PrincipalSet::Listed(listed) => listed,
        };
        for entry in listed {
            if let Some(message) = principal::complaint(entry, self.profile.canonical_users) {
                let place = format!("Statement[{}].{}", self.index, element.name());
                let advice = "name an account, a user, role or session by its whole ARN, a service or a provider";
                let span = entry.value.span;
                return Err(WritePolicyError::new(
                    WriteRule::PrincipalFormat,
                    message,
                    place,
                    span,
                    advice,
                ));
            }
        }
        Ok(())
    }
}

/// Any action of STS; its own prefix has to be written out.
// SOURCE: spec/policy-language.md §7, "Role trust actions legal": `*` alone is refused.
fn is_sts_action(action: &str) -> bool {
    action.split_once(':').is_some_and(|(vendor, name)| {
        vendor.eq_ignore_ascii_case("sts") && !name.is_empty() && !name.contains(':')
    })
}
