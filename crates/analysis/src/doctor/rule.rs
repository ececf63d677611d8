//! The rules, one row each.

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It should be looked at some day.
    Note,
    /// Something does not do what it says.
    Warning,
    /// It refuses or opens what it should not.
    Error,
}

impl Severity {
    /// Returns the level's name in SARIF.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Note => "note",
            Self::Warning => "warning",
        }
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $severity:ident, $title:literal, $help:literal;)*) => {
        /// The rules of `keyward doctor`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $(#[doc = $title] $name),* }

        impl Rule {
            /// All rules, by id.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the rule's id, such as `action-unknown`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id),* }
            }

            /// Returns how much a finding of the rule matters.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity),* }
            }

            /// Returns what the rule finds, in a sentence.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }

            /// Returns why that matters.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$name => $help),* }
            }
        }
    };
}

rules! {
    ActionUnknown = "action-unknown", Warning,
        "An action that does not exist.",
        "IAM accepts any action name, and a statement about one that does not exist never matches: an Allow gives nothing, and a Deny protects nothing.";
    AllowShadowed = "allow-shadowed", Warning,
        "An Allow that a Deny of the same principal always outweighs.",
        "A Deny outweighs every Allow, so the statement gives nothing; one of the two is not what was meant.";
    ConditionKeyUnknown = "condition-key-unknown", Warning,
        "A condition key that does not exist.",
        "No request has it: a condition on it never holds, or with IfExists, Null or a Not operator always does.";
    CredentialUnused = "credential-unused", Warning,
        "An access key that was not used for 90 days.",
        "Whoever finds it can use it, and nobody would miss it.";
    KeyCaseConflict = "key-case-conflict", Error,
        "Condition keys or tags that differ in letter case only.",
        "Names of condition keys and tags are compared without regard to case: both mean the same key, and only one of two tags' values is seen. Values are compared exactly.";
    MfaDeviceOrphaned = "mfa-device-orphaned", Warning,
        "A virtual MFA device that was made and never enabled.",
        "Its user cannot enable another of the same name, nor delete it where a policy asks for MFA: `iam:DeleteVirtualMFADevice` is denied, and the policy is right.";
    MultivaluedKey = "multivalued-key", Error,
        "A condition on a key with a list of values, without ForAnyValue or ForAllValues.",
        "Such a condition does not hold in an Allow, whatever the request has.";
    PolicyUnreadable = "policy-unreadable", Error,
        "A document that cannot be read.",
        "What it would have denied is not known, so whoever it binds is allowed nothing.";
    PrincipalDeleted = "principal-deleted", Warning,
        "A trust or resource policy that names a principal that does not exist.",
        "A deleted user or role stands there as its id (AIDA…, AROA…); one of the same name made anew is another, and is not meant until the policy is saved again.";
    PrincipalInvalid = "principal-invalid", Error,
        "An entry of a Principal that never names anybody.",
        "Wildcards within an ARN, groups, variables, and ARNs of sessions below iam or of roles below sts match nobody.";
    ResourceNotTaken = "resource-not-taken", Warning,
        "An action with resources that it does not take.",
        "The action is held against another type of resource, so the statement never applies to it.";
    RoleUnassumable = "role-unassumable", Warning,
        "A role that nobody can assume.",
        "Its trust policy allows nobody, or only principals that do not exist.";
    UserWithoutMfa = "user-without-mfa", Error,
        "A user with a password and without MFA.",
        "Whoever learns the password is in.";
    VariableInWrongPlace = "variable-in-wrong-place", Error,
        "A policy variable where none is replaced.",
        "Variables work in Resource behind the fifth colon and in Condition values of String and ARN operators; elsewhere ${…} is plain text or matches nothing.";
    VariableOldVersion = "variable-old-version", Error,
        "A policy variable in a document of version 2008-10-17 or without a version.",
        "Only version 2012-10-17 replaces variables: here ${…} is plain text and matches nothing.";
    VariableUnknown = "variable-unknown", Error,
        "A policy variable that never has a value.",
        "Its key does not exist, or has a list of values, which a variable does not take; the pattern matches nothing.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_sorted_and_documented() {
        let ids: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        assert_eq!(ids, sorted);
        let docs = include_str!("../../../../docs/doctor.md");
        for rule in Rule::ALL {
            let row = format!("| `{}` | {} |", rule.id(), rule.severity().as_str());
            assert!(docs.contains(&row), "docs/doctor.md lacks {row}");
            assert!(
                docs.contains(rule.title().trim_end_matches('.')),
                "{}",
                rule.id()
            );
        }
    }
}
