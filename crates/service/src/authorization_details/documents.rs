//! The documents of the policies that were evaluated, as they are at that moment.

use keyward_arn::UniqueId;
use keyward_directory::{
    EntityKind, GroupName, ManagedPolicy, PolicyArn, PolicyName, PolicyOwner, Role, RoleName,
    UserName,
};
use keyward_records::Cell;

use crate::authenticate::Caller;
use crate::handlers::trust;
use crate::reader::Reader;
use crate::{Service, ServiceError};

/// Documents that one refusal keeps; what is more than that is named without its document.
const DOCUMENTS: usize = 64;
/// Bytes of all of them together.
const BYTES: usize = 256 * 1024;

/// Where a document is.
#[derive(Debug)]
pub(crate) enum Source {
    /// A managed policy's default version, by its ARN.
    Managed(String),
    /// Nobody keeps it.
    Nowhere,
    /// An inline policy of a group: the names of both.
    OfGroup(String, String),
    /// An inline policy of a role.
    OfRole(String, String),
    /// An inline policy of a user.
    OfUser(String, String),
    /// It was passed, and is this.
    Text(String),
    /// The trust policy of a role of the caller's account.
    Trust(String),
}

/// Reads documents, as many as one record holds.
pub(super) async fn read(
    service: &Service,
    caller: &Caller,
    sources: Vec<(String, Source)>,
) -> Result<Vec<(String, String)>, ServiceError> {
    let reader = service.reader(caller).await?;
    let mut documents = Vec::new();
    let mut bytes = 0_usize;
    for (uri, source) in sources.into_iter().take(DOCUMENTS) {
        if let Some(document) = one(service, caller, &reader, source).await? {
            bytes = bytes.saturating_add(document.len());
            if bytes > BYTES {
                break;
            }
            documents.push((uri, document));
        }
    }
    Ok(documents)
}

async fn one(
    service: &Service,
    caller: &Caller,
    reader: &Reader,
    source: Source,
) -> Result<Option<String>, ServiceError> {
    let cell = caller.cell();
    match source {
        Source::Nowhere => Ok(None),
        Source::Text(text) => Ok(Some(text)),
        Source::Managed(arn) => {
            match PolicyArn::parse(&arn) {
                Ok(arn) => match arn.owner() {
                    PolicyOwner::Aws => Ok(keyward_catalog::managed_policy(arn.as_str())
                        .map(|policy| policy.document())),
                    PolicyOwner::Account(_) => managed(reader, &arn).await,
                },
                Err(_) => Ok(None),
            }
        }
        Source::OfGroup(group, name) => {
            let group = GroupName::parse(&group).ok();
            let id = group.and_then(|group| cell.group(&group).map(|group| group.id.clone()));
            inline(reader, EntityKind::Group, id, &name).await
        }
        Source::OfRole(role, name) => {
            let role = RoleName::parse(&role).ok();
            let id = role.and_then(|role| cell.role(&role).map(|role| role.id.clone()));
            inline(reader, EntityKind::Role, id, &name).await
        }
        Source::OfUser(user, name) => {
            let user = UserName::parse(&user).ok();
            let id = user.and_then(|user| cell.user(&user).map(|user| user.id.clone()));
            inline(reader, EntityKind::User, id, &name).await
        }
        Source::Trust(role) => {
            let Ok(name) = RoleName::parse(&role) else {
                return Ok(None);
            };
            let role = reader.get::<Role>(Cell::role(&name)).await?;
            Ok(role.map(|role| trust::shown(service, &role).to_string()))
        }
    }
}

/// Returns the version of a policy of the account that is in force.
async fn managed(reader: &Reader, arn: &PolicyArn) -> Result<Option<String>, ServiceError> {
    let policy = reader
        .get::<ManagedPolicy>(Cell::ManagedPolicy(arn.key()))
        .await?;
    match policy {
        Some(policy) => {
            let version = Cell::ManagedPolicyVersion(policy.id, policy.default_version);
            reader.document(version).await
        }
        None => Ok(None),
    }
}

async fn inline(
    reader: &Reader,
    kind: EntityKind,
    entity: Option<UniqueId>,
    name: &str,
) -> Result<Option<String>, ServiceError> {
    match (entity, PolicyName::parse(name)) {
        (Some(entity), Ok(name)) => reader.inline_policy(kind, &entity, &name).await,
        (None, _) | (_, Err(_)) => Ok(None),
    }
}
