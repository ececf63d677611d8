//! Whether the caller may do what it asks: the policies decide, and nothing happens without their Allow.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use keyward_arn::AccountId;
use keyward_directory::{Tag, Tags};
use keyward_engine::{
    AttachedPolicy, AttachedTo, CompiledPolicy, Context, CredentialKind, Decision, Layers,
    PolicyLists, Principal, Request, ResourceKind, decide, message,
};
use keyward_wire::write_json_string as string;

use crate::authenticate::{Authenticated, Caller, root_arn};
use crate::event::Detail;
use crate::exchange::{Incoming, Transport};
use crate::handlers::{Operate, Shown};
use crate::ports::Now;
use crate::{Metrics, ServiceError};

/// Proof that the policies allow a call to its caller.
///
/// The one constructor is [`authorize`]; it cannot be cloned, and every handler demands it.
pub(crate) struct Authorized<C> {
    call: C,
    caller: Authenticated<Caller>,
}

impl<C> Authorized<C> {
    /// Returns who calls.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl<C> Deref for Authorized<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.call
    }
}

/// Whether condition keys can matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conditions {
    /// A rule that no policy changes answers, so none is put together.
    FixedRule,
    /// Policies may ask for any.
    Policies,
}

/// Whose a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belongs {
    /// AWS's, as its managed policies are, and no account may do this to it.
    Aws,
    /// AWS's, and every account may do this to it that its own policies let.
    AwsForAll,
    /// The caller's account's.
    Own,
    /// Another account's.
    Other(AccountId),
}

impl Belongs {
    /// Returns the account that decides with the caller's; `None` is one that never allows.
    fn decided_by(self, caller: &Caller) -> Option<AccountId> {
        match self {
            Self::Aws => None,
            Self::AwsForAll | Self::Own => Some(caller.account()),
            Self::Other(account) => Some(account),
        }
    }

    /// Returns `aws:ResourceAccount`; what is AWS's has none.
    fn account(self, caller: &Caller) -> Option<AccountId> {
        match self {
            Self::Aws | Self::AwsForAll => None,
            Self::Own => Some(caller.account()),
            Self::Other(account) => Some(account),
        }
    }
}

/// What the policies are asked besides the action: the resource and the condition keys of the call.
#[derive(Debug)]
pub(crate) struct Question {
    action: Option<&'static str>,
    conditions: Conditions,
    resource: String,
    belongs: Belongs,
    shown: Shown,
    resource_tags: Vec<Tag>,
    request_tags: Vec<Tag>,
    tag_keys: Vec<String>,
    keys: Vec<(&'static str, String)>,
    boundary: Option<String>,
}

impl Question {
    /// Asks about a resource, which a refusal names by its ARN.
    pub(crate) fn about(resource: String) -> Self {
        Self {
            action: None,
            conditions: Conditions::Policies,
            resource,
            belongs: Belongs::Own,
            shown: Shown::Arn,
            resource_tags: Vec::new(),
            request_tags: Vec::new(),
            tag_keys: Vec::new(),
            keys: Vec::new(),
            boundary: None,
        }
    }

    /// Asks what a fixed rule answers for any authenticated caller: `sts:GetCallerIdentity`.
    // SOURCE: spec/evaluation.md §2.
    pub(crate) fn of_fixed_rule() -> Self {
        Self {
            conditions: Conditions::FixedRule,
            ..Self::about("*".to_owned())
        }
    }

    /// Asks for an action that is not the operation's own, such as `iam:PassRole`.
    pub(crate) fn action(self, action: &'static str) -> Self {
        Self {
            action: Some(action),
            ..self
        }
    }

    /// Says whose the resource is, where it may not be the caller's account's.
    pub(crate) fn belonging(self, belongs: Belongs) -> Self {
        Self { belongs, ..self }
    }

    /// Names the resource in another way in a refusal.
    pub(crate) fn shown(self, shown: Shown) -> Self {
        Self { shown, ..self }
    }

    /// Adds `aws:ResourceTag/…` and `iam:ResourceTag/…`.
    pub(crate) fn resource_tags(self, tags: &Tags) -> Self {
        Self {
            resource_tags: tags.iter().cloned().collect(),
            ..self
        }
    }

    /// Adds `aws:RequestTag/…` and `aws:TagKeys`.
    pub(crate) fn request_tags(self, tags: &[Tag]) -> Self {
        let tag_keys = tags.iter().map(|tag| tag.key.clone()).collect();
        Self {
            request_tags: tags.to_vec(),
            tag_keys,
            ..self
        }
    }

    /// Adds `aws:TagKeys`, where tags are taken away.
    pub(crate) fn tag_keys(self, keys: &[String]) -> Self {
        Self {
            tag_keys: keys.to_vec(),
            ..self
        }
    }

    /// Adds the value of a condition key, where the call has one.
    pub(crate) fn key(mut self, key: &'static str, value: Option<&str>) -> Self {
        self.keys.extend(value.map(|value| (key, value.to_owned())));
        self
    }

    /// Notes the permissions boundary that the resource has; [`its_boundary`](Self::its_boundary) asks for it.
    pub(crate) fn with_boundary(self, arn: Option<&str>) -> Self {
        Self {
            boundary: arn.map(str::to_owned),
            ..self
        }
    }

    /// Adds `iam:PermissionsBoundary`: the boundary that the user or role has.
    // SOURCE: spec/condition-keys.md §2.
    pub(crate) fn its_boundary(mut self) -> Self {
        let boundary = self.boundary.take();
        self.key("iam:PermissionsBoundary", boundary.as_deref())
    }

    fn shown_text(&self) -> &str {
        match &self.shown {
            Shown::Arn => &self.resource,
            Shown::Text(text) => text,
        }
    }
}

/// The circumstances of a request, which conditions may ask for.
pub(crate) struct Circumstances<'a> {
    pub(crate) incoming: &'a Incoming<'a>,
    pub(crate) now: Now,
}

/// Asks the policies whether the caller may do an action; their Allow is the proof.
pub(crate) fn authorize<C: Operate>(
    action: &'static str,
    caller: Authenticated<Caller>,
    call: C,
    circumstances: &Circumstances<'_>,
    metrics: &Metrics,
    detail: &mut Detail,
) -> Result<Authorized<C>, ServiceError> {
    let mut questions = vec![call.question(&caller)?];
    questions.extend(call.further(&caller)?);
    for question in &questions {
        let action = question.action.unwrap_or(action);
        allowed(action, &caller, question, circumstances, metrics, detail)?;
    }
    Ok(Authorized { call, caller })
}

fn allowed(
    action: &'static str,
    caller: &Caller,
    question: &Question,
    circumstances: &Circumstances<'_>,
    metrics: &Metrics,
    detail: &mut Detail,
) -> Result<(), ServiceError> {
    let root = root_arn(caller.account());
    let context = match question.conditions {
        Conditions::FixedRule => Context::new(),
        Conditions::Policies => context(caller, &root, question, circumstances),
    };
    let principal = match caller.user() {
        None => Principal::Root {
            arn: &root,
            account: caller.account(),
        },
        Some(user) => Principal::User {
            arn: &user.arn,
            account: caller.account(),
            unique_id: Some(user.id.as_str()),
        },
    };
    let request = Request {
        principal,
        credential: CredentialKind::LongTerm,
        action,
        resource: &question.resource,
        resource_account: question.belongs.decided_by(caller),
        canonical_user: None,
        context: &context,
    };
    let layers = Layers {
        identity: identity_policies(caller),
        boundary: caller
            .user()
            .and_then(|user| user.permissions_boundary.as_ref())
            .map(std::slice::from_ref),
        resource_kind: ResourceKind::Ordinary,
        ..Layers::default()
    };
    let decision = decide(&request, &layers);
    metrics.count_decision(&decision);
    match decision {
        Decision::Allow(_) => Ok(()),
        Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => {
            detail.decision = Some(described(&decision, &layers));
            let wording = message::Wording {
                resource: Some(question.shown_text()),
                ..message::Wording::default()
            };
            let text = message::access_denied(&request, &decision, &layers, &wording);
            Err(ServiceError::AccessDenied(text))
        }
    }
}

/// Returns the caller's own policies and those of its groups.
///
/// A group that the user's record names and the view does not have can't be: both are in one commit. Should it be, the
/// request is decided without it, and its Denies are missing; so the whole layer is made to refuse.
fn identity_policies(caller: &Caller) -> PolicyLists<'_> {
    let Some(user) = caller.user() else {
        return PolicyLists::new();
    };
    let mut lists = PolicyLists::from(user.policies.as_slice());
    for id in &user.groups {
        match caller.cell().group_by_id(id) {
            Some(group) => lists.push(&group.policies),
            None => lists.push(unreadable()),
        }
    }
    if caller.cell().users_may_change_password() {
        lists.push(own_password());
    }
    lists
}

/// Returns what `AllowUsersToChangePassword` of the password policy says to every user, as a policy that no list shows:
/// an Allow like any other, so boundaries and Denies hold.
// SOURCE: spec/evaluation.md §5, spec/signin-recovery.md §3.
fn own_password() -> &'static [AttachedPolicy] {
    const TEXT: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"iam:ChangePassword",
         "Resource":["arn:*:iam::*:user/${aws:username}","arn:*:iam::*:user/*/${aws:username}"]},
        {"Effect":"Allow","Action":"iam:GetAccountPasswordPolicy","Resource":"*"}]}"#;
    static OWN_PASSWORD: OnceLock<[AttachedPolicy; 1]> = OnceLock::new();
    OWN_PASSWORD.get_or_init(|| {
        let document = keyward_view::Documents::default().compile(TEXT);
        let to = AttachedTo::User("*".into());
        [AttachedPolicy::new(
            document,
            "AllowUsersToChangePassword",
            None,
            to,
        )]
    })
}

/// Returns a policy that refuses whatever it is asked.
fn unreadable() -> &'static [AttachedPolicy] {
    static UNREADABLE: OnceLock<[AttachedPolicy; 1]> = OnceLock::new();
    UNREADABLE.get_or_init(|| {
        let document = Arc::new(CompiledPolicy::unusable("the group is not in the view"));
        let to = AttachedTo::Group("unknown".into());
        [AttachedPolicy::new(document, "unknown", None, to)]
    })
}

/// Puts the condition keys of a request together.
///
/// Everything but the values of tags comes from the server, and tag keys stand below their own prefix, so no caller can
/// put a value in the place of another.
// SOURCE: spec/condition-keys.md §1.
fn context<'a>(
    caller: &'a Caller,
    root: &'a str,
    question: &'a Question,
    circumstances: &Circumstances<'a>,
) -> Context<'a> {
    let mut context = Context::with_capacity(24);
    let seconds = circumstances.now.unix_seconds();
    context.insert(
        "aws:CurrentTime",
        keyward_wire::Timestamp(seconds).to_string(),
    );
    context.insert("aws:EpochTime", seconds.to_string());
    let secure = match circumstances.incoming.transport {
        Transport::Plain => "false",
        Transport::Tls { .. } => "true",
    };
    context.insert("aws:SecureTransport", secure);
    context.insert("aws:SourceIp", circumstances.incoming.source_ip.to_string());
    // SOURCE: spec/condition-keys.md §1: IAM is global and counts as us-east-1.
    context.insert("aws:RequestedRegion", "us-east-1");
    for (key, header) in [("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")] {
        if let Some(value) = circumstances.incoming.headers.first(header) {
            context.insert(key, String::from_utf8_lossy(value));
        }
    }
    let account = caller.account().to_string();
    context.insert("aws:PrincipalAccount", account.clone());
    if let Some(owner) = question.belongs.account(caller) {
        context.insert("aws:ResourceAccount", owner.to_string());
    }
    context.insert("aws:PrincipalIsAWSService", "false");
    context.insert("aws:ViaAWSService", "false");
    match caller.user() {
        None => {
            context.insert("aws:PrincipalArn", root);
            context.insert("aws:PrincipalType", "Account");
            context.insert("aws:userid", account);
        }
        Some(user) => {
            context.insert("aws:PrincipalArn", user.arn.as_str());
            context.insert("aws:PrincipalType", "User");
            context.insert("aws:userid", user.id.as_str());
            context.insert("aws:username", user.name.as_str());
            for tag in user.tags.iter() {
                context.insert(format!("aws:PrincipalTag/{}", tag.key), tag.value.as_str());
            }
        }
    }
    add_question(&mut context, question);
    context
}

fn add_question<'a>(context: &mut Context<'a>, question: &'a Question) {
    for tag in &question.resource_tags {
        context.insert(format!("aws:ResourceTag/{}", tag.key), tag.value.as_str());
        context.insert(format!("iam:ResourceTag/{}", tag.key), tag.value.as_str());
    }
    for tag in &question.request_tags {
        context.insert(format!("aws:RequestTag/{}", tag.key), tag.value.as_str());
    }
    if !question.tag_keys.is_empty() {
        context.insert_list("aws:TagKeys", question.tag_keys.iter().map(String::as_str));
    }
    for (key, value) in &question.keys {
        context.insert(*key, value.as_str());
    }
}

/// Says for the audit event what decided, as JSON.
fn described(decision: &Decision, layers: &Layers<'_>) -> String {
    let mut json = format!(r#"{{"decision":"{}","decidedBy":"#, decision.as_str());
    string(
        &mut json,
        decision.layer().map_or("none", |layer| layer.as_str()),
    );
    let found = decision
        .determined()
        .first
        .and_then(|at| layers.statement(at));
    if let Some((policy, statement)) = found {
        json.push_str(r#","policy":"#);
        string(&mut json, policy.name());
        json.push_str(&format!(r#","statement":{}"#, statement.index));
        if let Some(sid) = statement.sid {
            json.push_str(r#","sid":"#);
            string(&mut json, sid);
        }
    }
    json.push('}');
    json
}
