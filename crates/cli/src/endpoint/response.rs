//! Reads the answers of `GetAccountAuthorizationDetails`.

use keyward_export::{Account, Attached, Group, Inline, Managed, Role, Text, User};
use keyward_wire::Element;

/// Adds what a page holds to an account.
pub(crate) fn add(result: &Element, account: &mut Account) {
    account
        .users
        .extend(result.members("UserDetailList").map(user));
    account
        .groups
        .extend(result.members("GroupDetailList").map(group));
    account
        .roles
        .extend(result.members("RoleDetailList").map(role));
    for policy in result.members("Policies") {
        if let Some(document) = default_version(policy) {
            let name = text(policy, "PolicyName");
            let managed = Managed { name, document };
            account.policies.insert(text(policy, "Arn"), managed);
        }
    }
}

fn user(element: &Element) -> User {
    User {
        name: text(element, "UserName"),
        id: text(element, "UserId"),
        arn: text(element, "Arn"),
        inline: inline(element, "UserPolicyList"),
        groups: element
            .members("GroupList")
            .map(|it| it.text.clone())
            .collect(),
        attached: attached(element),
        boundary: boundary(element),
        tags: tags(element),
    }
}

fn group(element: &Element) -> Group {
    Group {
        name: text(element, "GroupName"),
        arn: text(element, "Arn"),
        inline: inline(element, "GroupPolicyList"),
        attached: attached(element),
    }
}

fn role(element: &Element) -> Role {
    Role {
        name: text(element, "RoleName"),
        id: text(element, "RoleId"),
        arn: text(element, "Arn"),
        trust: element
            .child_text("AssumeRolePolicyDocument")
            .map(Text::decoded),
        inline: inline(element, "RolePolicyList"),
        attached: attached(element),
        boundary: boundary(element),
        tags: tags(element),
    }
}

fn inline(element: &Element, list: &str) -> Vec<Inline> {
    element
        .members(list)
        .map(|it| Inline {
            name: text(it, "PolicyName"),
            document: Text::decoded(&text(it, "PolicyDocument")),
        })
        .collect()
}

fn attached(element: &Element) -> Vec<Attached> {
    element
        .members("AttachedManagedPolicies")
        .map(|it| Attached {
            name: text(it, "PolicyName"),
            arn: text(it, "PolicyArn"),
        })
        .collect()
}

fn boundary(element: &Element) -> Option<String> {
    Some(
        element
            .child("PermissionsBoundary")?
            .child_text("PermissionsBoundaryArn")?
            .to_owned(),
    )
}

fn tags(element: &Element) -> Vec<(String, String)> {
    element
        .members("Tags")
        .map(|it| (text(it, "Key"), text(it, "Value")))
        .collect()
}

fn default_version(policy: &Element) -> Option<Text> {
    let default = policy.child_text("DefaultVersionId");
    let is_default = |it: &&Element| {
        it.child_text("IsDefaultVersion") == Some("true")
            || (default.is_some() && it.child_text("VersionId") == default)
    };
    let version = policy.members("PolicyVersionList").find(is_default)?;
    version.child_text("Document").map(Text::decoded)
}

/// Returns the text of the first element inside that has this name; empty where there is none.
pub(crate) fn text(element: &Element, name: &str) -> String {
    element.child_text(name).unwrap_or_default().to_owned()
}
