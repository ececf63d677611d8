//! Who can do something: every principal of an export, through which statement, and under which conditions.

mod evidence;
mod hopeful;
mod output;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use keyward_arn::Arn;
use keyward_engine::{Context, Decision, LayerKind, LayerOutcome, Request, Summary, summarize};
use keyward_export::Export;
use keyward_policy::{Effect, PrincipalKind, PrincipalSet};

use crate::caller::{Caller, Kind};
use crate::context::{Asked, context};
use crate::date::Moment;
use crate::error::BadQuestion;
use crate::explain::resource_account;
use crate::gather::{Gathered, Shelf, Shelved, Target, endpoint_of, resource_policy};
use crate::partial::Mold;
use crate::question::{Given, Question};

use hopeful::Hopeful;

pub use evidence::Evidence;
pub(crate) use evidence::evidence;
pub(crate) use output::{evidence_json, evidence_lines};
pub use output::{who_can_json, who_can_text};

/// Who can do something.
#[derive(Clone, Debug, Default)]
pub struct WhoCan {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// How many principals were asked about.
    pub asked: usize,
    /// Those who can, in the order of the export.
    pub rows: Vec<Row>,
    /// Principals outside of the export that the resource's own policy lets in.
    pub outside: Vec<String>,
    /// What was taken for granted.
    pub notes: Vec<String>,
}

/// A principal that can do what was asked about.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its ARN.
    pub principal: String,
    /// The statements that grant it; none for the root user, who needs none.
    pub through: Vec<Evidence>,
    /// What must hold, where something must: of each list one at least.
    pub conditions: Vec<Vec<Evidence>>,
    /// Statements that deny it if their conditions hold.
    pub unless: Vec<Evidence>,
}

impl Row {
    /// Returns whether it holds whatever the rest of the request's context is.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.conditions.is_empty() && self.unless.is_empty()
    }
}

/// Finds out who can do `question.action` on `question.resource`; its principal is not looked at. Keys that its context
/// gives are known, and so are those that a principal always has; all others are left open. So many `threads` ask, at
/// least one; `progress` is called by the caller's own with how many principals were asked about so far, and of how many.
///
/// # Errors
/// Where the export holds no principals, or nobody knows whose the resource is.
pub fn who_can(
    export: &Export,
    question: &Question,
    now: i64,
    threads: usize,
    progress: impl FnMut(usize, usize),
) -> Result<WhoCan, BadQuestion> {
    found(export, question, now, threads, Asking::Hopeful, progress)
}

/// Whose policies are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    /// Everybody's, to hold the other against.
    #[cfg(test)]
    All,
    /// Those of whom they may allow it.
    Hopeful,
}

fn found(
    export: &Export,
    question: &Question,
    now: i64,
    threads: usize,
    asking: Asking,
    progress: impl FnMut(usize, usize),
) -> Result<WhoCan, BadQuestion> {
    let mut callers: Vec<Caller<'_>> = Vec::new();
    for account in export.accounts.values() {
        callers.extend(account.users.iter().map(Caller::user));
        callers.extend(account.roles.iter().map(Caller::role));
    }
    let Some(first) = callers.first() else {
        return Err(BadQuestion::new(
            "the export holds no user and no role: run aws iam get-account-authorization-details without --filter",
        ));
    };
    // What is wrong with the question is told whoever is asked about.
    resource_account(export, question, first)?;
    let mut found = WhoCan {
        action: question.action.clone(),
        resource: question.resource.clone(),
        asked: callers.len(),
        ..WhoCan::default()
    };
    let owner_is_known =
        resource_policy(export, &question.resource).is_some_and(|it| it.account.is_some());
    let inquiry = || Inquiry::new(export, question, now, asking);
    let (rows, from_catalog) = rows(inquiry, &callers, threads, progress)?;
    found.rows = rows;
    found.outside = outside(export, question);
    found.notes = notes(export, question, owner_is_known);
    found
        .notes
        .extend(crate::explain::from_catalog(&from_catalog));
    Ok(found)
}

/// How many principals a thread takes at a time.
const TAKEN: usize = 64;

/// Asks about each principal. Returns who can, in their order, and what was taken from the catalog.
fn rows<'a>(
    inquiry: impl Fn() -> Inquiry<'a> + Sync,
    callers: &[Caller<'a>],
    threads: usize,
    mut progress: impl FnMut(usize, usize),
) -> Result<(Vec<Row>, BTreeSet<String>), BadQuestion> {
    let (chunks, next) = (callers.chunks(TAKEN), AtomicUsize::new(0));
    let chunks: Vec<&[Caller<'a>]> = chunks.collect();
    let work = |progress: &mut dyn FnMut(usize)| {
        let mut inquiry = inquiry();
        let mut found: Vec<(usize, Result<Vec<Row>, BadQuestion>)> = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(chunk) = chunks.get(number) else {
                return (found, inquiry.from_catalog);
            };
            progress(number.saturating_mul(TAKEN));
            let rows = chunk
                .iter()
                .filter_map(|caller| inquiry.row(caller).transpose());
            found.push((number, rows.collect()));
        }
    };
    let all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .map(|_| scope.spawn(|| work(&mut |_| ())))
            .collect();
        let mut all = vec![work(&mut |done| progress(done, callers.len()))];
        for other in others {
            match other.join() {
                Ok(found) => all.push(found),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    progress(callers.len(), callers.len());
    let mut from_catalog = BTreeSet::new();
    let mut parts = Vec::new();
    for (found, names) in all {
        from_catalog.extend(names);
        parts.extend(found);
    }
    parts.sort_by_key(|(number, _)| *number);
    let mut rows = Vec::new();
    for (_, part) in parts {
        rows.extend(part?);
    }
    Ok((rows, from_catalog))
}

/// One question, put for many principals.
struct Inquiry<'a> {
    export: &'a Export,
    question: &'a Question,
    now: Moment,
    shelf: Shelf,
    mold: Mold,
    /// `None` where all are to be asked about in full.
    hopeful: Option<Hopeful<'a>>,
    from_catalog: BTreeSet<String>,
}

impl<'a> Inquiry<'a> {
    fn new(export: &'a Export, question: &'a Question, now: i64, asking: Asking) -> Self {
        Self {
            hopeful: match asking {
                #[cfg(test)]
                Asking::All => None,
                Asking::Hopeful => Some(Hopeful::new(export, question)),
            },
            export,
            question,
            now: Moment::of(now),
            shelf: Shelf::without_places(),
            mold: Mold::default(),
            from_catalog: BTreeSet::new(),
        }
    }

    fn row(&mut self, caller: &Caller<'a>) -> Result<Option<Row>, BadQuestion> {
        if let Some(hopeful) = &mut self.hopeful
            && !hopeful.has(caller, &mut self.shelf)
        {
            return Ok(None);
        }
        let (owner, _) = resource_account(self.export, self.question, caller)?;
        let target = Target {
            action: &self.question.action,
            resource: &self.question.resource,
            owner,
            endpoint: endpoint_of(&self.question.context),
        };
        let asked = Asked {
            action: target.action,
            resource: target.resource,
            resource_account: owner,
        };
        let context = context(
            &self.question.context,
            caller,
            self.export,
            asked,
            &self.now,
        );
        let mut request =
            Request::new(caller.principal(), target.action, target.resource, &context);
        request.resource_account = owner;
        let sessions = self.question.session_policies.as_deref();
        let gathered = Gathered::of(self.export, &mut self.shelf, caller, target, sessions);
        self.from_catalog
            .extend(gathered.from_catalog.iter().cloned());
        let known = known(caller, self.export, &self.question.context, &context);
        let (generous, strict) = self.mold.shape(&gathered, &known);
        let best = generous.layers(&gathered);
        match keyward_engine::decide(&request, &best) {
            Decision::Allow(_) => {}
            Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => return Ok(None),
        }
        let best = summarize(&request, &best);
        let worst = strict.map(|it| summarize(&request, &it.layers(&gathered)));
        Ok(Some(row(caller, &gathered, &known, &best, worst.as_ref())))
    }
}

fn row(
    caller: &Caller<'_>,
    gathered: &Gathered,
    known: &crate::partial::Known<'_>,
    best: &Summary,
    worst: Option<&Summary>,
) -> Row {
    let matched = |summary: &Summary, layer: LayerKind, effect: Effect| -> Vec<Evidence> {
        summary
            .matched
            .iter()
            .filter(|(at, it)| at.layer == layer && *it == effect)
            .filter_map(|(at, _)| evidence(gathered, *at, known))
            .collect()
    };
    let through = best
        .decision
        .layer()
        .map(|layer| matched(best, layer, Effect::Allow))
        .unwrap_or_default();
    let (mut conditions, mut unless) = (Vec::new(), Vec::new());
    if let Some(worst) = worst {
        let is_refused = match worst.decision {
            Decision::Allow(_) => false,
            Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => true,
        };
        if is_refused {
            for layer in LayerKind::ALL {
                unless.extend(matched(worst, layer, Effect::Deny));
                let allows =
                    |summary: &Summary| summary.outcome(layer) == Some(LayerOutcome::Allow);
                let granted = matched(best, layer, Effect::Allow);
                let strict = matched(worst, layer, Effect::Allow);
                let hangs = allows(best) && (!allows(worst) && strict.len() < granted.len());
                if hangs {
                    conditions.push(granted);
                }
            }
        }
    }
    Row {
        principal: caller.arn.to_owned(),
        through,
        conditions,
        unless,
    }
}

/// Says which keys are known for a caller: those that are given, and those that it always has or never has.
// SOURCE: spec/condition-keys.md §1 (present when).
pub(crate) fn known<'a>(
    caller: &'a Caller<'_>,
    export: &'a Export,
    given: &'a [Given],
    context: &'a Context<'a>,
) -> impl Fn(&str) -> bool + 'a {
    const ALWAYS: [&str; 9] = [
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
        "aws:PrincipalType",
        "aws:ResourceAccount",
        "aws:AssumedRoot",
        "aws:username",
    ];
    let is_user = matches!(caller.kind, Kind::User { .. });
    move |key: &str| {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        let below = |prefix: &str| {
            key.get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        if given.iter().any(|it| is(&it.key)) || ALWAYS.into_iter().any(is) {
            return true;
        }
        let has = || context.get(key).next().is_some();
        if below("aws:PrincipalTag/") {
            // A session may bring tags that its role has not.
            return is_user || has();
        }
        if below("aws:PrincipalOrg") || below("aws:ResourceOrg") {
            return export.organization.is_some() || export.stands_alone;
        }
        if is("aws:userid")
            || is("aws:SourceVpc")
            || below("aws:ResourceTag/")
            || below("iam:ResourceTag/")
        {
            return has();
        }
        // Only temporary credentials carry these; a user may have both kinds.
        false
    }
}

/// Finds whom the resource's own policy lets in beside the principals of the export.
fn outside(export: &Export, question: &Question) -> Vec<String> {
    let Some(policy) = resource_policy(export, &question.resource) else {
        return Vec::new();
    };
    let Some(document) = Shelved::of(&policy.document).policy else {
        return Vec::new();
    };
    let mut outside = Vec::new();
    for statement in &document.statements {
        if statement.effect.value != Effect::Allow || !names(statement, &question.action) {
            continue;
        }
        let under = if statement.conditions.is_empty() {
            ""
        } else {
            ", under conditions"
        };
        let Some(element) = &statement.principal else {
            continue;
        };
        match element.set() {
            PrincipalSet::Everyone(_) => outside.push(format!("everyone{under}")),
            PrincipalSet::Listed(listed) => outside.extend(
                listed
                    .iter()
                    .filter(|it| match it.kind {
                        PrincipalKind::Aws => is_foreign(export, &it.value.value),
                        PrincipalKind::CanonicalUser
                        | PrincipalKind::Federated
                        | PrincipalKind::Service => true,
                    })
                    .map(|it| match it.value.value.as_str() {
                        "*" => format!("everyone{under}"),
                        text => format!("{text}{under}"),
                    }),
            ),
        }
    }
    outside.sort();
    outside.dedup();
    outside
}

/// Whether a statement may be about an action.
fn names(statement: &keyward_policy::Statement, action: &str) -> bool {
    use keyward_policy::ActionElement;
    let action = action.to_ascii_lowercase();
    let fits = |pattern: &str| crate::glob::covers(&pattern.to_ascii_lowercase(), &action);
    match &statement.action {
        None => false,
        Some(ActionElement::Action(patterns)) => patterns.iter().any(|it| fits(&it.value)),
        Some(ActionElement::NotAction(patterns)) => !patterns.iter().any(|it| fits(&it.value)),
    }
}

fn is_foreign(export: &Export, text: &str) -> bool {
    let account = Arn::parse(text)
        .and_then(|arn| arn.account_id())
        .or_else(|| keyward_arn::AccountId::parse(text).ok());
    account.is_none_or(|id| export.account(id).is_none())
}

fn notes(export: &Export, question: &Question, owner_is_known: bool) -> Vec<String> {
    let mut notes = vec![
        "A role stands for its sessions, without a session policy and without session tags that replace its own. Root users can do everything in their own accounts that no \
         SCP, RCP or resource policy denies, and are not listed."
            .to_owned(),
    ];
    let names_no_account =
        Arn::parse(&question.resource).is_some_and(|arn| arn.account_id().is_none());
    let is_given = question
        .context
        .iter()
        .any(|it| it.key.eq_ignore_ascii_case("aws:ResourceAccount"));
    if names_no_account && !owner_is_known && !is_given {
        notes.push(
            "The resource's ARN names no account: taken to be of each principal's own; say which with --context \
             aws:ResourceAccount=ID."
                .to_owned(),
        );
    }
    if export.organization.is_none() && !export.stands_alone {
        notes.push("Service control policies and resource control policies are not part of the input (docs/exports.md).".to_owned());
    }
    if resource_policy(export, &question.resource).is_none() && question.resource != "*" {
        notes.push(
            "No policy of the resource itself is part of the input, where it can have one."
                .to_owned(),
        );
    }
    notes
}

#[cfg(test)]
mod tests;
