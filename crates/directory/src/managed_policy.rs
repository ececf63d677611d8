//! Customer managed policies and their versions.

use std::fmt;

use keyward_arn::{AccountId, IdPrefix, Path, UniqueId};
use keyward_policy::size_without_whitespace;

use crate::limits::{MANAGED_POLICY_SIZE, VERSIONS_PER_POLICY};
use crate::{
    Entity, InlinePolicyDocument, ManagedPolicyName, PolicyArn, Quota, Refusal, Tag, Tags,
    Timestamp,
};

/// A customer managed policy without its documents, which are records of their own.
#[derive(Clone, Debug)]
pub struct ManagedPolicy {
    /// Such as `ANPA…`.
    pub id: UniqueId,
    /// Unique in the account whatever the path, without regard to case; never changes.
    pub name: ManagedPolicyName,
    /// Part of the policy's ARN; never changes.
    pub path: Path,
    /// What it is for; never changes. `None` where none was given.
    pub description: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When a version was last made.
    pub updated: Timestamp,
    /// At most 50.
    pub tags: Tags,
    /// Its versions, one to five, in the order in which they were made.
    pub versions: Vec<PolicyVersion>,
    /// The number of the version in force.
    pub default_version: u32,
    /// The number that the next version gets: numbers are never given twice.
    pub next_version: u32,
}

/// A version of a managed policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Its number: `v3` is 3.
    pub number: u32,
    /// When it was made.
    pub created: Timestamp,
}

/// What `CreatePolicy` asks for.
#[derive(Clone, Debug)]
pub struct NewManagedPolicy {
    /// The name.
    pub name: ManagedPolicyName,
    /// The path.
    pub path: Path,
    /// What it is for.
    pub description: Option<String>,
    /// The tags, as sent.
    pub tags: Vec<Tag>,
}

/// A document that passed the write-time checks of a managed policy, exactly as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedPolicyDocument(InlinePolicyDocument);

/// Whether a new version comes into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InForce {
    /// The version in force stays.
    Later,
    /// At once.
    Now,
}

impl ManagedPolicyDocument {
    /// Checks a document.
    ///
    /// # Errors
    /// [`Refusal::MalformedPolicyDocument`] with AWS's message, [`Refusal::QuotaExceeded`] above 6,144 characters,
    /// white space not counted.
    // SOURCE: spec/policy-language.md §7, §8.
    pub fn check(text: &str) -> Result<Self, Refusal> {
        let document = InlinePolicyDocument::check(text)?;
        if size_without_whitespace(text) > MANAGED_POLICY_SIZE {
            return Err(Refusal::QuotaExceeded {
                quota: Quota::PolicySize,
                limit: u64::try_from(MANAGED_POLICY_SIZE).unwrap_or(u64::MAX),
            });
        }
        Ok(Self(document))
    }

    /// Returns the document as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PolicyVersion {
    /// Reads a version id, such as `v3`; `None` for one that is never given.
    #[must_use]
    pub fn parse_id(text: &str) -> Option<u32> {
        let number = text.strip_prefix('v')?.parse().ok()?;
        // `v03` and `v+3` name no version.
        (Self::id_of(number) == text).then_some(number)
    }

    /// Returns the version's id, such as `v3`.
    #[must_use]
    pub fn id(self) -> String {
        Self::id_of(self.number)
    }

    /// Returns the id of the version that has a number.
    #[must_use]
    pub fn id_of(number: u32) -> String {
        format!("v{number}")
    }
}

impl ManagedPolicy {
    /// Makes a policy with one version, `v1`, unless `existing`, the policy of that name, is there.
    ///
    /// # Errors
    /// [`Refusal::AlreadyExists`], and what [`Tags::with`] refuses.
    pub fn create(
        account: AccountId,
        existing: Option<&Self>,
        request: NewManagedPolicy,
        random: [u8; 8],
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if existing.is_some() {
            return Err(Refusal::already_exists(
                Entity::ManagedPolicy,
                &request.name,
            ));
        }
        Ok(Self {
            id: UniqueId::mint(IdPrefix::ManagedPolicy, account, random),
            tags: Tags::default().with(request.tags, Quota::TagsPerPolicy)?,
            name: request.name,
            path: request.path,
            description: request.description,
            created: now,
            updated: now,
            versions: vec![PolicyVersion {
                number: 1,
                created: now,
            }],
            default_version: 1,
            next_version: 2,
        })
    }

    /// Returns the policy's ARN, `arn:aws:iam::111122223333:policy/path/name`.
    #[must_use]
    pub fn arn(&self, account: AccountId) -> PolicyArn {
        PolicyArn::of_account(account, &self.path, &self.name)
    }

    /// Returns the version of a number.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<PolicyVersion> {
        let mut versions = self.versions.iter();
        versions.find(|version| version.number == number).copied()
    }

    /// Adds a version and returns it.
    ///
    /// # Errors
    /// [`Refusal::QuotaExceededText`] where there are five.
    // SOURCE: spec/iam-entities.md §3.
    pub fn add_version(
        &mut self,
        in_force: InForce,
        now: Timestamp,
    ) -> Result<PolicyVersion, Refusal> {
        if self.versions.len() >= VERSIONS_PER_POLICY {
            return Err(Refusal::QuotaExceededText {
                message: "A managed policy can have up to 5 versions. Before you create a new version, you must \
                          delete an existing version.",
            });
        }
        let version = PolicyVersion {
            number: self.next_version,
            created: now,
        };
        self.versions.push(version);
        self.next_version = self.next_version.saturating_add(1);
        self.updated = now;
        match in_force {
            InForce::Later => {}
            InForce::Now => self.default_version = version.number,
        }
        Ok(version)
    }

    /// Removes a version.
    ///
    /// # Errors
    /// [`Refusal::NotFoundText`] where there is none of that id, [`Refusal::DeleteConflict`] for the version in force.
    // SOURCE: spec/iam-entities.md §4.
    pub fn delete_version(&mut self, account: AccountId, id: &str) -> Result<u32, Refusal> {
        let version = self.version_of(account, id)?;
        if version.number == self.default_version {
            return Err(Refusal::DeleteConflict {
                message: "Cannot delete the default version of a policy.",
            });
        }
        self.versions.retain(|other| other.number != version.number);
        Ok(version.number)
    }

    /// Returns the version of an id.
    ///
    /// # Errors
    /// [`Refusal::NotFoundText`] where there is none.
    pub fn version_of(&self, account: AccountId, id: &str) -> Result<PolicyVersion, Refusal> {
        let found = PolicyVersion::parse_id(id).and_then(|number| self.version(number));
        found.ok_or_else(|| missing_version(self.arn(account), id))
    }

    /// Checks that the policy may be deleted; `used` is how many entities have it attached or as their boundary.
    ///
    /// # Errors
    /// [`Refusal::DeleteConflict`] that names the first thing in the way.
    // SOURCE: spec/iam-entities.md §4.
    pub fn check_deletion(&self, used: u64) -> Result<(), Refusal> {
        let message = if used > 0 {
            "Cannot delete a policy attached to entities."
        } else if self.versions.len() > 1 {
            "This policy has more than one version. Before you delete a policy, you must delete the policy's \
             versions. The default version is deleted with the policy."
        } else {
            return Ok(());
        };
        Err(Refusal::DeleteConflict { message })
    }
}

/// Says that a policy has no version of that id.
// SOURCE: spec/iam-entities.md §5.
#[must_use]
pub fn missing_version(policy: impl fmt::Display, id: &str) -> Refusal {
    Refusal::not_found_text(format!(
        "Policy {policy} version {id} does not exist or is not attachable."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        AccountId::parse("111122223333").unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn policy() -> ManagedPolicy {
        let request = NewManagedPolicy {
            name: ManagedPolicyName::parse("Work").unwrap(),
            path: Path::parse("/p/").unwrap(),
            description: None,
            tags: Vec::new(),
        };
        ManagedPolicy::create(account(), None, request, [1; 8], at(1)).unwrap()
    }

    #[test]
    fn five_versions_and_no_number_twice() {
        let mut policy = policy();
        for number in 2..=5 {
            let version = policy.add_version(InForce::Later, at(number)).unwrap();
            assert_eq!(i64::from(version.number), number);
        }
        assert_eq!((policy.default_version, policy.updated), (1, at(5)));
        let full = policy.add_version(InForce::Now, at(6)).unwrap_err();
        assert_eq!(
            full.to_string(),
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an \
             existing version."
        );
        assert_eq!(policy.delete_version(account(), "v5"), Ok(5));
        let next = policy.add_version(InForce::Now, at(7)).unwrap();
        assert_eq!((next.id().as_str(), policy.default_version), ("v6", 6));
        let kept = policy.delete_version(account(), "v6").unwrap_err();
        assert_eq!(
            kept.to_string(),
            "Cannot delete the default version of a policy."
        );
        for gone in ["v5", "v7", "v01", "v1.x", "v99999999999"] {
            assert_eq!(
                policy
                    .delete_version(account(), gone)
                    .unwrap_err()
                    .to_string(),
                format!(
                    "Policy arn:aws:iam::111122223333:policy/p/Work version {gone} does not exist or is not attachable."
                )
            );
        }
    }

    #[test]
    fn what_stands_in_the_way_of_deletion() {
        let mut policy = policy();
        assert_eq!(policy.check_deletion(0), Ok(()));
        policy.add_version(InForce::Later, at(2)).unwrap();
        let text = |used| policy.check_deletion(used).unwrap_err().to_string();
        assert_eq!(text(1), "Cannot delete a policy attached to entities.");
        assert_eq!(
            text(0),
            "This policy has more than one version. Before you delete a policy, you must delete the policy's \
             versions. The default version is deleted with the policy."
        );
    }

    #[test]
    fn documents_are_bounded_and_white_space_is_free() {
        let document = |characters: usize| {
            let empty = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Sid":""}}"#;
            let sid = "s".repeat(characters - empty.len());
            empty.replace(r#""Sid":"""#, &format!("\"Sid\" :\n \"{sid}\""))
        };
        let check =
            |text: &str| ManagedPolicyDocument::check(text).map_err(|error| error.to_string());
        assert_eq!(check(&document(6144)).unwrap().as_str(), document(6144));
        assert_eq!(
            check(&document(6145)),
            Err("Cannot exceed quota for PolicySize: 6144".to_owned())
        );
        assert_eq!(check("{"), Err("Syntax errors in policy.".to_owned()));
    }

    #[test]
    fn a_name_is_taken_once() {
        let first = policy();
        let request = NewManagedPolicy {
            name: ManagedPolicyName::parse("WORK").unwrap(),
            path: Path::default(),
            description: None,
            tags: Vec::new(),
        };
        let refusal = ManagedPolicy::create(account(), Some(&first), request, [2; 8], at(2));
        assert_eq!(
            refusal.unwrap_err().to_string(),
            "A policy called WORK already exists. Duplicate names are not allowed."
        );
    }
}
