//! Narrowing the statement that denies.
//!
//! A Deny is mostly there on purpose, so what is proposed lifts it for as little as the language can say; taking the
//! statement out comes last, and only where nothing less was found.

use keyward_engine::{Decision, LayerKind, Principal, StatementRef};
use keyward_policy::{
    ActionElement, Condition, Effect, Operator, Policy, ResourceElement, Spanned, Statement, Test,
};

use super::{Candidate, Sandbox, exactly, grant, spanned, weight_of};
use crate::case::Case;
use crate::report::{Fix, Step};
use crate::words;
use crate::write;

/// How many statements in how many layers may deny one behind the other.
const ROUNDS: usize = 8;

/// How many ways out of one statement are tried.
const WAYS: usize = 6;

/// Makes everything that is not the least look larger than all else.
const LAST: u64 = 1_000_000_000;

/// One way to lift a Deny.
struct Way {
    /// What stands in the place of the statement; nothing where it goes.
    new: Vec<Statement>,
    what: String,
    json: String,
    lifts: String,
    breadth: u64,
}

/// Finds the ways out of what denies: each in turn for the first statement, the least for any further one.
pub(crate) fn fixes(case: &Case<'_>) -> Vec<Candidate> {
    let mut fixes: Vec<Candidate> = (0..WAYS).filter_map(|choice| fix(case, choice)).collect();
    if fixes.iter().any(|it| it.fix.breadth < LAST) {
        fixes.retain(|it| it.fix.breadth < LAST);
    }
    fixes
}

fn fix(case: &Case<'_>, choice: usize) -> Option<Candidate> {
    let mut sandbox = Sandbox::of(case.layers);
    let (mut steps, mut breadth) = (Vec::new(), 0_u64);
    let mut lifts: Option<String> = None;
    for round in 0..ROUNDS {
        let (decision, statements) = sandbox.statements(&case.request);
        match decision {
            Decision::ExplicitDeny(_) => {}
            Decision::Allow(_) | Decision::ImplicitDeny(_) => break,
        }
        // One at a time: the next round finds the next.
        let at = *statements.first()?;
        let mut ways = ways(case, &sandbox, at)?;
        ways.sort_by_key(|way| way.breadth);
        let way = ways.into_iter().nth(if round == 0 { choice } else { 0 })?;
        breadth = breadth.saturating_add(way.breadth);
        lifts.get_or_insert(way.lifts);
        steps.push(Step::EditStatement {
            layer: at.layer,
            policy: sandbox.attached(at.into())?.name().to_string(),
            index: at.statement,
            what: way.what,
            json: way.json,
        });
        apply(case, &mut sandbox, at, way.new)?;
        sandbox.touch(at.into(), None, Effect::Deny);
    }
    let (more, further) = grant::complete(case, &mut sandbox, &case.request)?;
    let mut gives = lifts?;
    if !more.is_empty() {
        gives = format!("{gives} {}", grant::gives(case));
    }
    steps.extend(more);
    let fix = Fix {
        gives,
        steps,
        breadth: breadth.saturating_add(further),
        proof: None,
        by: None,
    };
    Some(Candidate {
        fix,
        after: sandbox,
        asking: None,
    })
}

/// Puts statements in the place of one. All but the first go to the end, so that the places of the others stay.
fn apply(
    case: &Case<'_>,
    sandbox: &mut Sandbox,
    at: StatementRef,
    new: Vec<Statement>,
) -> Option<()> {
    let mut new = new.into_iter();
    let Some(first) = new.next() else {
        return sandbox.remove_statement(case.documents, at);
    };
    let mut policy: Policy = sandbox.document(case.documents, at.into())?.clone();
    *policy.statements.get_mut(at.statement)? = first;
    policy.statements.extend(new);
    sandbox.replace(at.into(), policy)
}

/// Collects the ways out of a statement; `None` where it cannot be edited.
fn ways(case: &Case<'_>, sandbox: &Sandbox, at: StatementRef) -> Option<Vec<Way>> {
    let document = sandbox.document(case.documents, at.into())?;
    let statement = document.statements.get(at.statement)?;
    let attached = sandbox.attached(at.into())?;
    if attached.arn().is_some_and(|arn| words::is_aws_managed(arn)) {
        return None;
    }
    let name = format!(
        "{} of {}",
        words::statement_number(
            at.statement,
            document.statements.len(),
            statement.sid.as_ref().map(|sid| sid.value.as_str())
        ),
        words::policy_phrase(
            at.layer,
            attached.name(),
            attached.arn().map(AsRef::as_ref),
            &words::attached(attached.attached_to())
        )
    );
    let is_own = words::is_own(
        case,
        at.layer,
        attached.arn().map(AsRef::as_ref),
        attached.attached_to(),
    );
    let deny = Deny {
        case,
        statement,
        name,
        audience: if is_own { 1 } else { 10 },
    };
    let mut ways = Vec::new();
    ways.extend(deny.without_action());
    ways.extend(deny.without_resource());
    ways.extend(deny.split());
    if !is_own && at.layer != LayerKind::Session {
        ways.extend(deny.without_principal());
    }
    ways.push(deny.gone());
    Some(ways)
}

/// A denying statement that is to be narrowed.
struct Deny<'a> {
    case: &'a Case<'a>,
    statement: &'a Statement,
    name: String,
    /// How many principals it may bind, roughly.
    audience: u64,
}

impl Deny<'_> {
    fn actions(&self) -> u64 {
        match &self.statement.action {
            None => 1000,
            Some(ActionElement::Action(patterns)) => weight_of(patterns, false),
            Some(ActionElement::NotAction(patterns)) => weight_of(patterns, true),
        }
    }

    fn resources(&self) -> u64 {
        match &self.statement.resource {
            None => 1,
            Some(ResourceElement::Resource(patterns)) => weight_of(patterns, false),
            Some(ResourceElement::NotResource(patterns)) => weight_of(patterns, true),
        }
    }

    fn narrowed_action(&self) -> Option<ActionElement> {
        let action = self.case.request.action;
        match self.statement.action.as_ref()? {
            ActionElement::Action(patterns) if is_everything(patterns) => {
                Some(ActionElement::NotAction(vec![spanned(action.to_owned())]))
            }
            ActionElement::Action(patterns) => {
                let rest: Vec<_> = patterns
                    .iter()
                    .filter(|pattern| !pattern.value.eq_ignore_ascii_case(action))
                    .cloned()
                    .collect();
                (!rest.is_empty() && rest.len() < patterns.len())
                    .then_some(ActionElement::Action(rest))
            }
            ActionElement::NotAction(patterns) => {
                let mut patterns = patterns.clone();
                patterns.push(spanned(action.to_owned()));
                Some(ActionElement::NotAction(patterns))
            }
        }
    }

    fn narrowed_resource(&self) -> Option<ResourceElement> {
        let resource = exactly(self.case.request.resource);
        if resource == "*" {
            return None;
        }
        match self.statement.resource.as_ref()? {
            ResourceElement::Resource(patterns) if is_everything(patterns) => {
                Some(ResourceElement::NotResource(vec![spanned(resource)]))
            }
            ResourceElement::Resource(patterns) => {
                let rest: Vec<_> = patterns
                    .iter()
                    .filter(|pattern| pattern.value != resource)
                    .cloned()
                    .collect();
                (!rest.is_empty() && rest.len() < patterns.len())
                    .then_some(ResourceElement::Resource(rest))
            }
            ResourceElement::NotResource(patterns) => {
                let mut patterns = patterns.clone();
                patterns.push(spanned(resource));
                Some(ResourceElement::NotResource(patterns))
            }
        }
    }

    fn without_action(&self) -> Option<Way> {
        let new = Statement {
            action: Some(self.narrowed_action()?),
            ..self.statement.clone()
        };
        let json = write::member(write::action(new.action.as_ref()?));
        let action = self.case.request.action;
        let everywhere = if self.resources() == 1 {
            ""
        } else {
            " on all resources that it covers"
        };
        Some(Way {
            new: vec![new],
            what: format!(
                "Leave {action} out of {}, with this in the place of its Action:",
                self.name
            ),
            json,
            lifts: format!(
                "Lifts the Deny for {action}{everywhere}{}.",
                self.everyone()
            ),
            breadth: self.resources().saturating_mul(self.audience),
        })
    }

    fn without_resource(&self) -> Option<Way> {
        let new = Statement {
            resource: Some(self.narrowed_resource()?),
            ..self.statement.clone()
        };
        let json = write::member(write::resource(new.resource.as_ref()?));
        let actions = if self.actions() == 1 {
            String::new()
        } else {
            " and all actions that it covers".to_owned()
        };
        Some(Way {
            new: vec![new],
            what: format!(
                "Leave the resource out of {}, with this in the place of its Resource:",
                self.name
            ),
            json,
            lifts: format!(
                "Lifts the Deny for this resource{actions}{}.",
                self.everyone()
            ),
            breadth: self.actions().saturating_mul(self.audience),
        })
    }

    /// Denies the other actions as before, and this one on the other resources.
    fn split(&self) -> Option<Way> {
        if self.actions() == 1 || self.resources() == 1 {
            return None;
        }
        let others = Statement {
            action: Some(self.narrowed_action()?),
            ..self.statement.clone()
        };
        let this = Statement {
            // A Sid must not occur twice.
            sid: None,
            action: Some(ActionElement::Action(vec![spanned(
                self.case.request.action.to_owned(),
            )])),
            resource: Some(self.narrowed_resource()?),
            ..self.statement.clone()
        };
        let json = format!(
            "{},\n{}",
            write::statement(&others).pasteable(),
            write::statement(&this).pasteable()
        );
        Some(Way {
            new: vec![others, this],
            what: format!("Put two statements in the place of {}:", self.name),
            json,
            lifts: format!(
                "Lifts the Deny for {} on this resource only{}.",
                self.case.request.action,
                self.everyone()
            ),
            breadth: self.audience,
        })
    }

    /// Excepts the caller by a condition.
    fn without_principal(&self) -> Option<Way> {
        let arn = match self.case.request.principal {
            Principal::User { arn, .. }
            | Principal::Root { arn, .. }
            | Principal::FederatedUser { arn, .. } => arn,
            Principal::RoleSession { role_arn, .. } => role_arn,
            Principal::Anonymous
            | Principal::AssumedRoot { .. }
            | Principal::Service { .. }
            | Principal::UnsignedFederation { .. } => return None,
        };
        let operator = Operator::Known {
            qualifier: None,
            test: Test::ArnNotEquals,
            if_exists: false,
        };
        let mut new = self.statement.clone();
        let known = new.conditions.iter_mut().find(|condition| {
            condition.operator.value == operator
                && condition.key.value.eq_ignore_ascii_case("aws:PrincipalArn")
        });
        match known {
            None => new.conditions.push(Condition {
                operator: spanned(operator),
                key: spanned("aws:PrincipalArn".to_owned()),
                values: vec![spanned(arn.to_owned())],
            }),
            Some(condition) => condition.values.push(spanned(arn.to_owned())),
        }
        let json = write::member(write::conditions(&new.conditions));
        let who = words::principal_short(&self.case.request.principal);
        Some(Way {
            new: vec![new],
            what: format!(
                "Except {who} from {}, with this as its Condition:",
                self.name
            ),
            json,
            lifts: format!(
                "Lifts the Deny for {who}, with all that it covers; it stays for everyone else."
            ),
            breadth: self.actions().saturating_mul(self.resources()),
        })
    }

    fn gone(&self) -> Way {
        Way {
            new: Vec::new(),
            what: format!("Take out {}, once it is clear why it is there.", self.name),
            json: String::new(),
            lifts: format!("Lifts the whole Deny{}.", self.everyone()),
            breadth: LAST,
        }
    }

    fn everyone(&self) -> &'static str {
        if self.audience == 1 {
            ""
        } else {
            ", for everyone whom the policy binds"
        }
    }
}

fn is_everything(patterns: &[Spanned<String>]) -> bool {
    patterns.iter().any(|pattern| pattern.value == "*")
}
