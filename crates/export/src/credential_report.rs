//! The credential report: what `aws iam get-credential-report` gives, once decoded.
// SOURCE: spec/iam-entities.md §6.

use std::collections::BTreeMap;

use crate::error::ReadError;

/// A credential report, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialReport {
    /// The file.
    pub path: String,
    /// A line for each user, the root user among them.
    pub rows: Vec<CredentialRow>,
}

/// What the report says of one user. Times are as printed (ISO 8601); `None` where the report has no information.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialRow {
    /// `<root_account>` for the root user.
    pub user: String,
    /// Its ARN.
    pub arn: String,
    /// Where the line stands in the file, counted from 1.
    pub line: u32,
    /// Whether the user has a password.
    pub has_password: bool,
    /// When it was last used.
    pub password_last_used: Option<String>,
    /// When it was last set.
    pub password_changed: Option<String>,
    /// Whether an MFA device is enabled.
    pub mfa_active: bool,
    /// The access keys, at most two.
    pub keys: Vec<Key>,
}

/// An access key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// 1 or 2.
    pub number: u8,
    /// `AKIA…`; `None` from the report, which does not print it.
    pub id: Option<String>,
    /// Whether it is active.
    pub active: bool,
    /// When it was made.
    pub created: Option<String>,
    /// When it was last used.
    pub last_used: Option<String>,
    /// For which service.
    pub last_service: Option<String>,
}

impl CredentialReport {
    /// Reads a report.
    ///
    /// # Errors
    /// Where the text is not one: says how to get it.
    pub fn read(path: &str, text: &str) -> Result<Self, ReadError> {
        let get = "aws iam generate-credential-report, then aws iam get-credential-report --query Content --output text \
                   | base64 -d";
        let mut lines = text.trim_start_matches('\u{feff}').lines().zip(1_u32..);
        let header: Vec<&str> = lines
            .next()
            .map(|(line, _)| line.trim().split(',').collect())
            .unwrap_or_default();
        if !header.starts_with(&["user", "arn"]) {
            return Err(ReadError::new(format!(
                "{path} is not a credential report, whose first line begins with user,arn: get it with {get}"
            )));
        }
        let mut rows = Vec::new();
        for (line, number) in lines.filter(|(line, _)| !line.trim().is_empty()) {
            let cells: Vec<&str> = line.trim().split(',').collect();
            if cells.len() != header.len() {
                return Err(ReadError::new(format!(
                    "{path} is cut off or damaged at line {number}: get it again with {get}"
                )));
            }
            let columns: BTreeMap<&str, &str> =
                header.iter().copied().zip(cells.iter().copied()).collect();
            rows.push(row(&columns, number));
        }
        Ok(Self {
            path: path.to_owned(),
            rows,
        })
    }

    /// Finds the line of a user by its ARN; the root user's line has the ARN of the root.
    #[must_use]
    pub fn row(&self, arn: &str) -> Option<&CredentialRow> {
        self.rows.iter().find(|row| row.arn == arn)
    }
}

fn row(columns: &BTreeMap<&str, &str>, line: u32) -> CredentialRow {
    let text = |name: &str| columns.get(name).copied().unwrap_or_default();
    let is = |name: &str| text(name).eq_ignore_ascii_case("true");
    let told = |name: &str| {
        let value = text(name);
        let nothing = ["", "N/A", "no_information", "not_supported"];
        (!nothing.contains(&value)).then(|| value.to_owned())
    };
    let key = |number: u8| {
        let name = |what: &str| format!("access_key_{number}_{what}");
        let created = told(&name("last_rotated"));
        let active = is(&name("active"));
        (active || created.is_some()).then(|| Key {
            number,
            id: None,
            active,
            created,
            last_used: told(&name("last_used_date")),
            last_service: told(&name("last_used_service")),
        })
    };
    CredentialRow {
        user: text("user").to_owned(),
        arn: text("arn").to_owned(),
        line,
        has_password: is("password_enabled"),
        password_last_used: told("password_last_used"),
        password_changed: told("password_last_changed"),
        mfa_active: is("mfa_active"),
        keys: [1, 2].into_iter().filter_map(key).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date\n\
<root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,no_information,true,false,N/A,N/A,N/A,false,N/A,N/A\n\
alice,arn:aws:iam::111122223333:user/alice,2020-01-01T00:00:00+00:00,true,2026-01-01T00:00:00+00:00,false,true,2020-01-02T00:00:00+00:00,2025-01-01T00:00:00+00:00,s3,false,2021-01-01T00:00:00+00:00,N/A\n";

    #[test]
    fn rows() {
        let report = CredentialReport::read("r.csv", REPORT).unwrap();
        let root = report.row("arn:aws:iam::111122223333:root").unwrap();
        assert!(root.mfa_active && root.keys.is_empty() && !root.has_password);
        let alice = report.row("arn:aws:iam::111122223333:user/alice").unwrap();
        assert_eq!((alice.line, alice.keys.len()), (3, 2));
        assert_eq!(alice.keys[0].last_service.as_deref(), Some("s3"));
        assert_eq!(alice.keys[1].last_used, None);
    }

    #[test]
    fn other_texts() {
        for (text, expected) in [
            ("", "is not a credential report"),
            ("{}", "is not a credential report"),
            ("user,arn,x\na,b", "damaged at line 2"),
        ] {
            let error = CredentialReport::read("r.csv", text)
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
