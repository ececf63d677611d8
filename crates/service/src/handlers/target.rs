//! Which entity a call is about, and how the policies and the messages name it.

use std::sync::Arc;

use keyward_arn::{AccountId, Arn, Partition, Path};
use keyward_directory::{
    DeviceName, Entity, FidoSerial, GroupName, PolicyArn, PolicyOwner, Refusal, RefusalKind, Role,
    RoleName, Tags, UserName,
};
use keyward_view::UserPrincipal;

use super::user::sent_path;
use crate::ServiceError;
use crate::authenticate::{Caller, Identity, root_arn};
use crate::authorize::{Belongs, Question};

/// How a refusal names the resource.
// SOURCE: spec/access-denied-messages.md §1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// By its ARN.
    Arn,
    /// By this text, such as `user bob`.
    Text(String),
}

/// The user that a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The root user: the caller, who named nobody.
    Root,
    /// The user of a name.
    User(UserName),
}

impl Subject {
    /// Takes the `UserName` parameter; without one the caller speaks of itself.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where no user can have such a name, which only the length can cause; `ValidationError` for
    /// the session of a role that names nobody.
    pub(crate) fn read(name: Option<&str>, caller: &Caller) -> Result<Self, ServiceError> {
        match (name, caller.identity()) {
            (Some(name), _) => Ok(Self::User(user_name(name)?)),
            (None, Identity::User(user)) => Ok(Self::User(user.name.clone())),
            (None, Identity::Root) => Ok(Self::Root),
            // SOURCE: spec/iam-entities.md §6.
            (None, Identity::Bearer(_) | Identity::FederatedUser { .. } | Identity::Role(_)) => {
                Err(ServiceError::validation(
                    "Must specify userName when calling with non-User credentials",
                ))
            }
        }
    }

    /// Asks about this user.
    pub(crate) fn question(&self, caller: &Caller) -> Question {
        match self {
            Self::Root => Question::about(root_arn(caller.account())),
            Self::User(name) => existing_user(name.as_str(), caller),
        }
    }
}

/// Reads the name of a user that should exist.
pub(crate) fn user_name(name: &str) -> Result<UserName, Refusal> {
    UserName::parse(name).map_err(|_| Refusal::not_found(Entity::User, name))
}

/// Asks about a user that should exist; where it does not, about one of that name without a path.
pub(crate) fn existing_user(name: &str, caller: &Caller) -> Question {
    let found = UserName::parse(name)
        .ok()
        .and_then(|name| caller.cell().user(&name).cloned());
    let shown = Shown::Text(format!("user {name}"));
    match found {
        Some(user) => about_user(&user).shown(shown),
        None => Question::about(user_arn(caller.account(), &Path::default(), name)).shown(shown),
    }
}

/// Asks about a user that exists.
pub(crate) fn about_user(user: &Arc<UserPrincipal>) -> Question {
    Question::about(user.arn.clone())
        .resource_tags(&user.tags)
        .with_boundary(user.boundary_arn())
}

/// Asks about a group that should exist; where it does not, about one of that name without a path.
pub(crate) fn existing_group(name: &str, caller: &Caller) -> Question {
    let found = GroupName::parse(name)
        .ok()
        .and_then(|name| caller.cell().group(&name).cloned());
    let question = match found {
        Some(group) => Question::about(group.arn.clone()),
        None => Question::about(entity_arn(
            caller.account(),
            "group",
            &Path::default(),
            name,
        )),
    };
    question.shown(Shown::Text(format!("group {name}")))
}

/// Asks about a role that should exist; where it does not, about one of that name without a path.
pub(crate) fn existing_role(name: &str, caller: &Caller) -> Question {
    let found = RoleName::parse(name)
        .ok()
        .and_then(|name| caller.cell().role(&name).cloned());
    let question = match found {
        Some(role) => Question::about(role.arn.clone())
            .resource_tags(&role.tags)
            .with_boundary(role.boundary_arn()),
        None => Question::about(entity_arn(caller.account(), "role", &Path::default(), name)),
    };
    question.shown(Shown::Text(format!("role {name}")))
}

/// Reads the ARN of a managed policy; whether there is such a policy is not asked.
///
/// # Errors
/// `ValidationError` for what is no ARN or in another partition, `InvalidInput` for the ARN of something else.
// SOURCE: spec/iam-entities.md §5.
pub(crate) fn policy_arn(text: &str) -> Result<PolicyArn, ServiceError> {
    let unparsed = || ServiceError::validation("Invalid ARN:  Could not be parsed!");
    let arn = Arn::parse(text).ok_or_else(unparsed)?;
    if arn.partition != Partition::default().as_str() {
        return Err(ServiceError::validation("Invalid ARN partition"));
    }
    let invalid = |_| Refusal::invalid_input(format!("ARN {text} is not valid."));
    Ok(PolicyArn::parse(text).map_err(invalid)?)
}

/// Asks about a managed policy, which should exist, to read it: everyone may read AWS's.
pub(crate) fn existing_policy(arn: &str, caller: &Caller) -> Question {
    about_policy(arn, caller, Belongs::AwsForAll)
}

/// Asks about a managed policy, which should exist, to change it: nobody may change AWS's.
pub(crate) fn policy_to_change(arn: &str, caller: &Caller) -> Question {
    about_policy(arn, caller, Belongs::Aws)
}

fn about_policy(arn: &str, caller: &Caller, aws: Belongs) -> Question {
    let question = Question::about(arn.to_owned()).shown(Shown::Text(format!("policy {arn}")));
    let Ok(arn) = PolicyArn::parse(arn) else {
        return question;
    };
    let question = question.belonging(match arn.owner() {
        PolicyOwner::Account(owner) if owner == caller.account() => Belongs::Own,
        PolicyOwner::Account(owner) => Belongs::Other(owner),
        PolicyOwner::Aws => aws,
    });
    match caller.cell().managed_policy(&arn) {
        Some(policy) => question.resource_tags(&policy.tags),
        None => question,
    }
}

/// Checks that a role is not one that only AWS's services change.
///
/// # Errors
/// `UnmodifiableEntity`.
// SOURCE: spec/access-denied-messages.md §4, spec/evaluation.md §5.
pub(crate) fn role_to_change(role: &Role) -> Result<(), Refusal> {
    if role.is_protected() {
        let message = format!(
            "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
            role.name
        );
        return Err(Refusal::other(RefusalKind::UnmodifiableEntity, message));
    }
    Ok(())
}

/// Returns the ARN of an entity that has a path; without a name, that of all entities below the path.
pub(crate) fn entity_arn(account: AccountId, kind: &str, path: &Path, name: &str) -> String {
    let partition = Partition::default().as_str();
    format!("arn:{partition}:iam::{account}:{kind}{path}{name}")
}

/// Returns the ARN that listing the entities of a kind under a path is asked about.
pub(crate) fn entities_arn(account: AccountId, kind: &str, path_prefix: &str) -> String {
    let partition = Partition::default().as_str();
    format!("arn:{partition}:iam::{account}:{kind}{path_prefix}")
}

/// What a call makes of the name and the path of an entity.
pub(super) struct Renamed<'a> {
    /// The kind of entity, as in ARNs.
    pub(super) kind: &'a str,
    /// The name that it will have.
    pub(super) name: &'a str,
    /// The path that it will have; without one it keeps its own.
    pub(super) path: Option<&'a str>,
}

impl Renamed<'_> {
    /// Asks about the entity under its new name, given its ARN and tags where it is there: it is renamed only by a
    /// caller who may do so to the old name and to the new.
    pub(super) fn question(
        &self,
        before: Option<(&str, &Tags)>,
        caller: &Caller,
    ) -> Result<Question, ServiceError> {
        let kept = before.map(|(arn, _)| path_in(arn, self.kind));
        let path = sent_path(self.path.or(kept.as_deref()))?;
        let arn = entity_arn(caller.account(), self.kind, &path, self.name);
        let kind = self.kind.replace('-', " ");
        let question = Question::about(arn).shown(Shown::Text(format!("{kind} {}", self.name)));
        Ok(match before {
            Some((_, tags)) => question.resource_tags(tags),
            None => question,
        })
    }
}

/// Returns the path inside the ARN of an entity of a kind.
fn path_in(arn: &str, kind: &str) -> String {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    let after = resource.strip_prefix(kind).unwrap_or("/");
    after
        .rsplit_once('/')
        .map_or_else(|| "/".to_owned(), |(path, _)| format!("{path}/"))
}

/// Returns the ARN of a user.
pub(crate) fn user_arn(account: AccountId, path: &Path, name: &str) -> String {
    entity_arn(account, "user", path, name)
}

/// Returns the ARN that listing users under a path is asked about.
pub(crate) fn users_arn(account: AccountId, path_prefix: &str) -> String {
    entities_arn(account, "user", path_prefix)
}

/// Returns the ARN of a virtual MFA device.
pub(crate) fn device_arn(account: AccountId, path: &Path, name: &str) -> String {
    entity_arn(account, "mfa", path, name)
}

/// Returns the resource part of an ARN of IAM in an account, such as `saml-provider/name`.
pub(crate) fn own_resource(arn: &str, account: AccountId) -> Option<&str> {
    let arn = Arn::parse(arn)?;
    let ours = arn.partition == Partition::default().as_str()
        && arn.service == "iam"
        && arn.region.is_empty()
        && arn.account_id() == Some(account);
    ours.then_some(arn.resource)
}

/// Reads the serial number of a virtual MFA device of an account.
pub(crate) fn device_place(account: AccountId, serial_number: &str) -> Option<(Path, DeviceName)> {
    let resource = own_resource(serial_number, account)?;
    let (path, name) = resource.strip_prefix("mfa")?.rsplit_once('/')?;
    let path = Path::parse(&format!("{path}/")).ok()?;
    Some((path, DeviceName::parse(name).ok()?))
}

/// Reads the serial number of a FIDO device of an account.
pub(crate) fn fido_serial(account: AccountId, serial_number: &str) -> Option<FidoSerial> {
    FidoSerial::parse(own_resource(serial_number, account)?.strip_prefix("u2f/")?)
}

/// Returns the tags of a virtual MFA device.
pub(crate) fn device_tags(caller: &Caller, place: &(Path, DeviceName)) -> Tags {
    let (path, name) = place;
    caller
        .cell()
        .device_tags(&format!("{path}{name}"))
        .cloned()
        .unwrap_or_default()
}
