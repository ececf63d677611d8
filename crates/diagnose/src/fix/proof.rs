//! Whether a fix gives what it says and nothing else: the engine is asked about requests near this one, before and after.

use std::collections::BTreeSet;

use keyward_arn::{AccountId, Arn};
use keyward_engine::{Context, Decision, Principal, Request, Summary};
use keyward_policy::{ActionElement, Effect, ResourceElement};

use super::sandbox::{Sandbox, Touched};
use super::{Asking, Candidate};
use crate::case::Case;
use crate::report::{Fix, Proof};
use crate::words;

/// How many actions are tried.
const ACTIONS: usize = 40;
/// How many resources are tried.
const RESOURCES: usize = 12;
/// How many requests that become allowed are told.
const TOLD: usize = 3;
/// Actions of services that the request is not about.
const ELSEWHERE: [&str; 5] = [
    "ec2:RunInstances",
    "iam:CreateAccessKey",
    "kms:Decrypt",
    "s3:DeleteBucket",
    "sts:AssumeRole",
];

/// Requests near the one that is to be allowed.
pub(super) struct Neighbours<'a> {
    actions: Vec<String>,
    resources: Vec<String>,
    strangers: Vec<Principal<'a>>,
}

impl<'a> Neighbours<'a> {
    /// Collects them: actions of the service and others, names next to the resource's, and those that the documents
    /// themselves name.
    pub(super) fn of(case: &Case<'a>, strangers: &'a Strangers) -> Self {
        let request = &case.request;
        let (mut actions, mut resources) = (BTreeSet::new(), BTreeSet::new());
        for document in case.documents.values() {
            for statement in &document.policy.statements {
                let named = statement.action.iter().flat_map(ActionElement::patterns);
                actions.extend(named.map(|it| it.value.clone()).filter(|it| is_name(it)));
                let named = statement
                    .resource
                    .iter()
                    .flat_map(ResourceElement::patterns);
                resources.extend(named.map(|it| it.value.clone()).filter(|it| is_name(it)));
            }
        }
        Self {
            actions: chosen(request.action, of_service(request.action), actions, ACTIONS),
            resources: chosen(
                request.resource,
                beside(request.resource),
                resources,
                RESOURCES,
            ),
            strangers: strangers.principals(request),
        }
    }

    fn requests<'n>(
        &'n self,
        request: &'n Request<'n>,
        empty: &'n Context<'n>,
    ) -> impl Iterator<Item = (Request<'n>, Caller)> {
        let resources = move |action: &'n str| {
            self.resources.iter().flat_map(move |resource| {
                let own = Request {
                    action,
                    resource,
                    ..*request
                };
                let bare = Request {
                    context: empty,
                    ..own
                };
                let strangers = self.strangers.iter().map(move |principal| {
                    let principal = *principal;
                    (Request { principal, ..own }, Caller::Stranger)
                });
                [(own, Caller::Own), (bare, Caller::Bare)]
                    .into_iter()
                    .chain(strangers)
            })
        };
        self.actions
            .iter()
            .flat_map(move |action| resources(action))
    }
}

/// Whose policies a request is decided over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// The caller, of whom no condition key is known.
    Bare,
    Own,
    /// Somebody to whom only the resource's policy and the organization's apply.
    Stranger,
}

/// Names of principals who are not the caller.
pub(super) struct Strangers {
    same_account: Option<(String, AccountId)>,
    other_account: Option<(String, AccountId)>,
}

impl Strangers {
    pub(super) fn of(request: &Request<'_>) -> Self {
        let own = request.principal.account();
        let other = own
            .map_or(1, AccountId::as_u64)
            .checked_add(1)
            .and_then(AccountId::from_number);
        let user = |account: Option<AccountId>| {
            account.map(|account| {
                (
                    format!("arn:aws:iam::{account}:user/somebody-else"),
                    account,
                )
            })
        };
        Self {
            same_account: user(own),
            other_account: user(other),
        }
    }

    fn principals<'a>(&'a self, _: &Request<'_>) -> Vec<Principal<'a>> {
        [&self.same_account, &self.other_account]
            .into_iter()
            .flatten()
            .map(|(arn, account)| Principal::User {
                arn,
                account: *account,
                unique_id: None,
            })
            .chain([Principal::Anonymous])
            .collect()
    }
}

/// Proves a fix; `None` where it does not allow the request, or gives something that neither its own statements nor, for
/// requests that are sent in another way, the policies as they are do.
pub(super) fn prove(
    case: &Case<'_>,
    neighbours: &Neighbours<'_>,
    candidate: Candidate,
) -> Option<Fix> {
    let Candidate { fix, after, asking } = candidate;
    let sent = Sent {
        own: case.request.resource,
        asking: asking.as_ref(),
    };
    match after.decide(&sent.after(case.request, Caller::Own)) {
        Decision::Allow(_) => {}
        Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => return None,
    }
    let before = Sandbox::of(case.layers);
    let strangers = (before.for_strangers(), after.for_strangers());
    // To whom the same policies apply as before, and who asks as before, is answered as before.
    let is_theirs_too = asking.is_some() || !strangers.0.decides_as(&strangers.1);
    let empty = Context::new();
    let (mut tried, mut more) = (0_usize, Vec::new());
    for (request, caller) in neighbours.requests(&case.request, &empty) {
        tried = tried.saturating_add(1);
        if caller == Caller::Stranger && !is_theirs_too {
            continue;
        }
        let (old, new) = match caller {
            Caller::Bare | Caller::Own => (&before, &after),
            Caller::Stranger => (&strangers.0, &strangers.1),
        };
        let then = sent.after(request, caller);
        if !is_allowed(&new.decide(&then)) || is_allowed(&old.decide(&request)) {
            continue;
        }
        // What the policies as they are allow to a request that is sent so is not the fix's to give.
        let is_given = !is_allowed(&old.decide(&then));
        let (was, is) = (old.summarize(&then), new.summarize(&then));
        if is_given && !after.touched().iter().any(|it| covers(it, &was, &is)) {
            return None;
        }
        if !is_same(&request, &case.request) {
            more.push(told(case, &request));
        }
    }
    more.sort();
    more.dedup();
    let count = more.len();
    more.truncate(TOLD);
    Some(Fix {
        proof: Some(Proof {
            tried,
            more: count,
            examples: more,
        }),
        ..fix
    })
}

/// How requests are sent once the fix is made.
#[derive(Clone, Copy)]
struct Sent<'s> {
    /// The resource that the request is about.
    own: &'s str,
    asking: Option<&'s Asking>,
}

impl<'s> Sent<'s> {
    fn after(self, request: Request<'s>, caller: Caller) -> Request<'s> {
        let is_here = request.resource == self.own;
        let context = self.asking.and_then(|asking| match (caller, is_here) {
            (Caller::Own, true) => Some(&asking.here),
            (Caller::Own, false) => Some(&asking.elsewhere),
            (Caller::Stranger, true) => Some(&asking.stranger),
            (Caller::Bare, _) | (Caller::Stranger, false) => None,
        });
        Request {
            context: context.unwrap_or(request.context),
            ..request
        }
    }
}

fn is_allowed(decision: &Decision) -> bool {
    match decision {
        Decision::Allow(_) => true,
        Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => false,
    }
}

/// Whether a newly allowed request is one that the touched statement is about.
fn covers(touched: &Touched, old: &Summary, new: &Summary) -> bool {
    let (summary, effect) = match touched.effect {
        // What is added matches after; what was narrowed matched before.
        Effect::Allow => (new, Effect::Allow),
        Effect::Deny => (old, Effect::Deny),
    };
    summary.matched.iter().any(|(at, found)| {
        *found == effect
            && crate::case::PolicyPlace::from(*at) == touched.place
            && touched
                .statement
                .is_none_or(|statement| statement == at.statement)
    })
}

fn is_same(one: &Request<'_>, other: &Request<'_>) -> bool {
    one.action == other.action && one.resource == other.resource && one.principal == other.principal
}

fn told(case: &Case<'_>, request: &Request<'_>) -> String {
    let who = if request.principal == case.request.principal {
        String::new()
    } else {
        format!("{}: ", words::principal_name(&request.principal))
    };
    let on = if request.resource == "*" {
        String::new()
    } else {
        format!(" on {}", request.resource)
    };
    format!("{who}{}{on}", request.action)
}

fn is_name(pattern: &str) -> bool {
    !pattern.contains(['*', '?', '$'])
}

/// Puts the request's own first, then the near, then the others, up to so many.
fn chosen(own: &str, near: Vec<String>, others: BTreeSet<String>, most: usize) -> Vec<String> {
    let mut chosen: Vec<String> = vec![own.to_owned()];
    for it in near.into_iter().chain(others) {
        if chosen.len() < most && !chosen.iter().any(|known| known.eq_ignore_ascii_case(&it)) {
            chosen.push(it);
        }
    }
    chosen
}

/// Actions of the same service, spread over its list, and a few of others.
fn of_service(action: &str) -> Vec<String> {
    let prefix = action.split(':').next().unwrap_or_default();
    let mut found: Vec<String> = ELSEWHERE.map(str::to_owned).to_vec();
    if let Some(service) = keyward_catalog::service(prefix) {
        let all: Vec<String> = service
            .actions()
            .map(|it| format!("{}:{}", service.prefix(), it.name()))
            .collect();
        let step = all.len().div_ceil(ACTIONS / 2).max(1);
        found.extend(all.into_iter().step_by(step));
    }
    found
}

/// Names next to a resource's: longer, shorter, its neighbour, what it lies in, and one somewhere else.
fn beside(resource: &str) -> Vec<String> {
    let mut found = vec!["*".to_owned(), "arn:aws:s3:::somewhere-else/x".to_owned()];
    let Some(arn) = Arn::parse(resource) else {
        return found;
    };
    found.push(format!("{resource}x"));
    found.push(format!("{resource}/x"));
    if let Some((before, _)) = resource.rsplit_once(['/', ':']) {
        found.push(before.to_owned());
        let end = before.len();
        let joint = resource.get(end..).and_then(|rest| rest.chars().next());
        found.extend(joint.map(|joint| format!("{before}{joint}somebody-elses")));
    }
    let elsewhere = Arn {
        account: "999999999999",
        ..arn
    };
    if !arn.account.is_empty() {
        found.push(elsewhere.to_string());
    }
    found
}
