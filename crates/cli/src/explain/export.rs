//! Reads what `aws iam get-account-authorization-details` prints.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::account::{Account, Attached, BadInput, File, Group, Inline, Role, Text, User};

/// The largest export that is read. One of 5,000 roles takes about 50 MB.
const LARGEST: u64 = 1 << 30;

/// The export as a whole. Every list may be absent: `--filter` leaves them out, or leaves them empty.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawExport<'a> {
    #[serde(borrow)]
    user_detail_list: Option<Vec<RawEntity<'a>>>,
    #[serde(borrow)]
    group_detail_list: Option<Vec<RawEntity<'a>>>,
    #[serde(borrow)]
    role_detail_list: Option<Vec<RawEntity<'a>>>,
    #[serde(borrow)]
    policies: Option<Vec<RawManaged<'a>>>,
    #[serde(default)]
    is_truncated: bool,
    #[serde(borrow)]
    statement: Option<&'a RawValue>,
}

/// A user, group or role; each has its own names for what they share.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawEntity<'a> {
    #[serde(alias = "GroupName", alias = "RoleName")]
    user_name: String,
    #[serde(alias = "GroupId", alias = "RoleId", default)]
    user_id: String,
    #[serde(default)]
    arn: String,
    #[serde(borrow)]
    assume_role_policy_document: Option<&'a RawValue>,
    #[serde(borrow, alias = "GroupPolicyList", alias = "RolePolicyList", default)]
    user_policy_list: Vec<RawInline<'a>>,
    #[serde(default)]
    group_list: Vec<String>,
    #[serde(default)]
    attached_managed_policies: Vec<RawAttached>,
    permissions_boundary: Option<RawBoundary>,
    #[serde(default)]
    tags: Vec<RawTag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawInline<'a> {
    policy_name: String,
    #[serde(borrow)]
    policy_document: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAttached {
    policy_name: String,
    policy_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawBoundary {
    permissions_boundary_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawTag {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawManaged<'a> {
    arn: String,
    default_version_id: Option<String>,
    #[serde(borrow, default)]
    policy_version_list: Vec<RawVersion<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawVersion<'a> {
    #[serde(borrow)]
    document: Option<&'a RawValue>,
    version_id: Option<String>,
    #[serde(default)]
    is_default_version: bool,
}

/// Reads an export from a file.
pub(crate) fn read(path: &Path) -> Result<Account, BadInput> {
    let shown = path.display();
    let size = std::fs::metadata(path)
        .map_err(|error| BadInput(format!("can't read {shown}: {error}")))?
        .len();
    if size > LARGEST {
        return Err(BadInput(format!(
            "{shown} is larger than 1 GiB, which no export of one account is"
        )));
    }
    let bytes =
        std::fs::read(path).map_err(|error| BadInput(format!("can't read {shown}: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        BadInput(format!("{shown} is not UTF-8 text; PowerShell's > writes UTF-16, so use Out-File -Encoding utf8"))
    })?;
    parse(&path.to_string_lossy(), text)
}

/// Reads an export.
pub(crate) fn parse(path: &str, text: String) -> Result<Account, BadInput> {
    // Some editors put a byte order mark first.
    let text = text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text);
    let file = Arc::new(File {
        path: path.into(),
        text,
    });
    let raw: RawExport<'_> =
        serde_json::from_str(&file.text).map_err(|error| not_json(path, &error))?;
    let lists = [
        raw.user_detail_list.is_some(),
        raw.group_detail_list.is_some(),
        raw.role_detail_list.is_some(),
        raw.policies.is_some(),
    ];
    if lists == [false; 4] {
        return Err(BadInput(if raw.statement.is_some() {
            format!(
                "{path} is one policy, not an account: put it into a directory and give that to --export"
            )
        } else {
            format!(
                "{path} is not what aws iam get-account-authorization-details prints: it has no UserDetailList, \
                 GroupDetailList, RoleDetailList or Policies"
            )
        }));
    }
    if raw.is_truncated {
        return Err(BadInput(format!(
            "{path} is only the first part of an account (IsTruncated is true): export it without --max-items and --no-paginate"
        )));
    }
    let documents = DocumentReader { file: &file };
    Ok(Account {
        users: raw
            .user_detail_list
            .unwrap_or_default()
            .into_iter()
            .map(|it| documents.user(it))
            .collect(),
        groups: raw
            .group_detail_list
            .unwrap_or_default()
            .into_iter()
            .map(|it| documents.group(it))
            .collect(),
        roles: raw
            .role_detail_list
            .unwrap_or_default()
            .into_iter()
            .map(|it| documents.role(it))
            .collect(),
        policies: raw
            .policies
            .unwrap_or_default()
            .into_iter()
            .filter_map(|it| {
                let document = documents.default_version(&it)?;
                Some((it.arn, document))
            })
            .collect(),
    })
}

fn not_json(path: &str, error: &serde_json::Error) -> BadInput {
    BadInput(if error.is_eof() {
        format!(
            "{path} is cut off at line {}: export it again",
            error.line()
        )
    } else {
        format!("{path} is not what aws iam get-account-authorization-details prints: {error}")
    })
}

/// Finds documents in the file that is read.
struct DocumentReader<'a> {
    file: &'a Arc<File>,
}

impl DocumentReader<'_> {
    fn user(&self, raw: RawEntity<'_>) -> User {
        User {
            name: raw.user_name,
            id: raw.user_id,
            arn: raw.arn,
            inline: self.inline(&raw.user_policy_list),
            groups: raw.group_list,
            attached: attached(raw.attached_managed_policies),
            boundary: raw
                .permissions_boundary
                .map(|it| it.permissions_boundary_arn),
            tags: tags(raw.tags),
        }
    }

    fn group(&self, raw: RawEntity<'_>) -> Group {
        Group {
            name: raw.user_name,
            inline: self.inline(&raw.user_policy_list),
            attached: attached(raw.attached_managed_policies),
        }
    }

    fn role(&self, raw: RawEntity<'_>) -> Role {
        Role {
            name: raw.user_name,
            id: raw.user_id,
            arn: raw.arn,
            trust: raw.assume_role_policy_document.map(|it| self.document(it)),
            inline: self.inline(&raw.user_policy_list),
            attached: attached(raw.attached_managed_policies),
            boundary: raw
                .permissions_boundary
                .map(|it| it.permissions_boundary_arn),
            tags: tags(raw.tags),
        }
    }

    fn inline(&self, raw: &[RawInline<'_>]) -> Vec<Inline> {
        raw.iter()
            .map(|it| Inline {
                name: it.policy_name.clone(),
                document: self.document(it.policy_document),
            })
            .collect()
    }

    fn default_version(&self, raw: &RawManaged<'_>) -> Option<Text> {
        let versions = &raw.policy_version_list;
        let default = versions
            .iter()
            .find(|version| version.is_default_version)
            .or_else(|| {
                versions.iter().find(|version| {
                    version.version_id.is_some() && version.version_id == raw.default_version_id
                })
            });
        default?.document.map(|it| self.document(it))
    }

    /// A document is an object, as the CLI prints it, or a string, as the API sends it.
    fn document(&self, raw: &RawValue) -> Text {
        let text = raw.get();
        if let Ok(string) = serde_json::from_str::<String>(text) {
            return Text::decoded(&string);
        }
        // Borrowed from the file's text, so that the difference of addresses is the place in it.
        let start = text
            .as_ptr()
            .addr()
            .saturating_sub(self.file.text.as_ptr().addr());
        let end = start.saturating_add(text.len());
        if self.file.text.get(start..end) == Some(text) {
            Text::InFile {
                file: self.file.clone(),
                start,
                end,
            }
        } else {
            Text::Own(text.to_owned())
        }
    }
}

fn attached(raw: Vec<RawAttached>) -> Vec<Attached> {
    raw.into_iter()
        .map(|it| Attached {
            name: it.policy_name,
            arn: it.policy_arn,
        })
        .collect()
}

fn tags(raw: Vec<RawTag>) -> Vec<(String, String)> {
    raw.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::parse;

    const EXPORT: &str = r#"{"UserDetailList":[{"Path":"/","UserName":"a","UserId":"AIDA1","Arn":"arn:aws:iam::111122223333:user/a",
        "UserPolicyList":[{"PolicyName":"p","PolicyDocument":{"Version":"2012-10-17","Statement":[]}}],
        "GroupList":["g"],"AttachedManagedPolicies":[{"PolicyName":"m","PolicyArn":"arn:aws:iam::aws:policy/m"}],
        "Tags":[{"Key":"k","Value":"v"}]}],
        "GroupDetailList":[{"GroupName":"g","Arn":"arn:aws:iam::111122223333:group/g","GroupPolicyList":[],"AttachedManagedPolicies":[]}],
        "RoleDetailList":[{"RoleName":"r","RoleId":"AROA1","Arn":"arn:aws:iam::111122223333:role/r",
        "AssumeRolePolicyDocument":"%7B%22Statement%22%3A%5B%5D%7D","RolePolicyList":[],"AttachedManagedPolicies":[]}],
        "Policies":[{"PolicyName":"m","Arn":"arn:aws:iam::aws:policy/m","DefaultVersionId":"v1",
        "PolicyVersionList":[{"Document":{},"VersionId":"v1","IsDefaultVersion":true}]}]}"#;

    #[test]
    fn the_sample_is_an_export() {
        assert!(parse("x", EXPORT.to_owned()).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            let _ = parse("x", text);
        }

        /// Whatever comes through names documents that lie in the text.
        #[test]
        fn damaged_exports_are_answered(
            damages in proptest::collection::vec((any::<Index>(), 0_usize..20, "[{}\\[\\]\",:0a%\\\\]{0,4}|null|1e999|\\\\ud800"), 1..4),
        ) {
            let mut text = EXPORT.to_owned();
            for (at, length, insert) in damages {
                let from = at.index(text.len() + 1);
                let to = from.saturating_add(length).min(text.len());
                if text.is_char_boundary(from) && text.is_char_boundary(to) {
                    text.replace_range(from..to, &insert);
                }
            }
            if let Ok(account) = parse("x", text) {
                for inline in account.users.iter().flat_map(|user| &user.inline) {
                    let _ = inline.document.text().len();
                }
            }
        }
    }
}
