//! The credential report: one line of CSV a user. SOURCE: spec/iam-entities.md §6.

use crate::limits::{CREDENTIAL_REPORT_PATIENCE_SECONDS, CREDENTIAL_REPORT_SECONDS};
use crate::{AccessKeyStatus, CredentialStatus, LastUsed, Timestamp};

/// The columns, in AWS's order.
const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
/// Stands where there is nothing to say.
const NOTHING: &str = "N/A";
/// Stands where something was never seen.
const NEVER: &str = "no_information";
/// Stands where a column is not for the root user.
const NOT_SUPPORTED: &str = "not_supported";

/// How far an account's credential report is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialReport {
    /// When it was asked for.
    pub started: Timestamp,
    /// When it was ready, and of how many parts it consists; `None` while it is being made.
    pub completed: Option<(Timestamp, u32)>,
}

/// What is true of a credential report at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportAge {
    /// It is good.
    Good,
    /// It is being made.
    InProgress,
    /// It is too old, or was given up.
    Old,
}

impl CredentialReport {
    fn age(&self, now: Timestamp) -> ReportAge {
        let since = |then: Timestamp| now.unix_seconds().saturating_sub(then.unix_seconds());
        match self.completed {
            Some((completed, _)) if since(completed) < CREDENTIAL_REPORT_SECONDS => ReportAge::Good,
            None if since(self.started) < CREDENTIAL_REPORT_PATIENCE_SECONDS => {
                ReportAge::InProgress
            }
            Some(_) | None => ReportAge::Old,
        }
    }

    /// Returns whether the report can be read.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.age(now) == ReportAge::Good
    }

    /// Returns whether the report is being made.
    #[must_use]
    pub fn is_in_progress(&self, now: Timestamp) -> bool {
        self.age(now) == ReportAge::InProgress
    }
}

/// What the report says of one user.
#[derive(Clone, Debug)]
pub struct CredentialRow<'a> {
    /// The user's name; `None` for the root user.
    pub name: Option<&'a str>,
    /// The user's ARN.
    pub arn: &'a str,
    /// When the user was made.
    pub created: Timestamp,
    /// The user's password.
    pub password: Option<PasswordColumns>,
    /// Whether an MFA device is enabled.
    pub mfa_active: bool,
    /// The access keys, at most two.
    pub keys: Vec<KeyColumns>,
    /// The signing certificates, at most two.
    pub certificates: Vec<CertificateColumns>,
}

/// What the report says of a password.
#[derive(Clone, Debug)]
pub struct PasswordColumns {
    /// When it was last used.
    pub last_used: Option<Timestamp>,
    /// When it was set.
    pub changed: Timestamp,
    /// When it must be set anew.
    pub expires: Option<Timestamp>,
}

/// What the report says of an access key.
#[derive(Clone, Debug)]
pub struct KeyColumns {
    /// Whether it may be used.
    pub status: AccessKeyStatus,
    /// When it was made.
    pub created: Timestamp,
    /// Its last use.
    pub last_used: Option<LastUsed>,
}

/// What the report says of a signing certificate.
#[derive(Clone, Debug)]
pub struct CertificateColumns {
    /// Whether it may be used.
    pub status: CredentialStatus,
    /// When it was uploaded.
    pub uploaded: Timestamp,
}

/// Writes the report, line by line, each with its line feed but the last.
///
/// `show` writes a moment, such as `2026-01-01T00:00:00+00:00`.
pub fn report_lines<'a>(
    rows: impl IntoIterator<Item = CredentialRow<'a>>,
    show: impl Fn(Timestamp) -> String,
) -> impl Iterator<Item = String> {
    let rows = rows.into_iter().map(move |row| line(&row, &show));
    std::iter::once(HEADER.to_owned()).chain(rows.map(|row| format!("\n{row}")))
}

fn line(row: &CredentialRow<'_>, show: &impl Fn(Timestamp) -> String) -> String {
    let or = |moment: Option<Timestamp>, otherwise: &str| {
        moment.map_or_else(|| otherwise.to_owned(), show)
    };
    let mut columns = vec![
        row.name.unwrap_or("<root_account>").to_owned(),
        row.arn.to_owned(),
        show(row.created),
    ];
    columns.extend(match (row.name, &row.password) {
        (None, password) => [
            NOT_SUPPORTED.to_owned(),
            or(
                password.as_ref().and_then(|password| password.last_used),
                NEVER,
            ),
            NOT_SUPPORTED.to_owned(),
            NOT_SUPPORTED.to_owned(),
        ],
        (Some(_), None) => ["false", NOTHING, NOTHING, NOTHING].map(str::to_owned),
        (Some(_), Some(password)) => [
            "true".to_owned(),
            or(password.last_used, NEVER),
            show(password.changed),
            or(password.expires, NOTHING),
        ],
    });
    columns.push(row.mfa_active.to_string());
    for number in 0..2 {
        columns.extend(key_columns(row.keys.get(number), show));
    }
    for number in 0..2 {
        columns.extend(certificate_columns(row.certificates.get(number), show));
    }
    let quoted: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    quoted.join(",")
}

fn key_columns(key: Option<&KeyColumns>, show: &impl Fn(Timestamp) -> String) -> [String; 5] {
    let Some(key) = key else {
        return ["false", NOTHING, NOTHING, NOTHING, NOTHING].map(str::to_owned);
    };
    let active = match key.status {
        AccessKeyStatus::Active => "true",
        AccessKeyStatus::Inactive => "false",
    };
    let [date, region, service] = match &key.last_used {
        Some(used) => [show(used.at), used.region.clone(), used.service.clone()],
        None => [NOTHING; 3].map(str::to_owned),
    };
    [active.to_owned(), show(key.created), date, region, service]
}

fn certificate_columns(
    certificate: Option<&CertificateColumns>,
    show: &impl Fn(Timestamp) -> String,
) -> [String; 2] {
    let Some(certificate) = certificate else {
        return ["false", NOTHING].map(str::to_owned);
    };
    let active = match certificate.status {
        CredentialStatus::Active => "true",
        CredentialStatus::Inactive => "false",
    };
    [active.to_owned(), show(certificate.uploaded)]
}

/// Writes a value so that a comma or a quotation mark in it, as names and paths may have, stays in its column.
// SOURCE: RFC 4180 §2.
fn quoted(value: &str) -> String {
    if value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn check(row: CredentialRow<'_>, expected: &str) {
        let lines: Vec<String> = report_lines([row], |moment| format!("t{moment}")).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].split(',').count(), 22);
        assert_eq!(lines[1], format!("\n{expected}"));
    }

    #[test]
    fn the_root_user_has_columns_that_are_not_for_it() {
        let root = CredentialRow {
            name: None,
            arn: "arn:aws:iam::111122223333:root",
            created: at(1),
            password: None,
            mfa_active: true,
            keys: vec![KeyColumns {
                status: AccessKeyStatus::Active,
                created: at(2),
                last_used: None,
            }],
            certificates: Vec::new(),
        };
        check(
            root,
            "<root_account>,arn:aws:iam::111122223333:root,t1,not_supported,no_information,not_supported,\
             not_supported,true,true,t2,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
        );
    }

    #[test]
    fn a_user_is_shown_with_what_it_has() {
        let bare = CredentialRow {
            name: Some("a,b"),
            arn: "arn:aws:iam::111122223333:user/\"x\"/a,b",
            created: at(1),
            password: None,
            mfa_active: false,
            keys: Vec::new(),
            certificates: Vec::new(),
        };
        check(
            bare.clone(),
            "\"a,b\",\"arn:aws:iam::111122223333:user/\"\"x\"\"/a,b\",t1,false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,\
             N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
        );
        let used = LastUsed {
            at: at(9),
            service: "iam".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let full = CredentialRow {
            name: Some("ann"),
            arn: "arn",
            password: Some(PasswordColumns {
                last_used: None,
                changed: at(3),
                expires: Some(at(4)),
            }),
            keys: vec![
                KeyColumns {
                    status: AccessKeyStatus::Inactive,
                    created: at(5),
                    last_used: Some(used),
                },
                KeyColumns {
                    status: AccessKeyStatus::Active,
                    created: at(6),
                    last_used: None,
                },
            ],
            certificates: vec![
                CertificateColumns {
                    status: CredentialStatus::Active,
                    uploaded: at(7),
                },
                CertificateColumns {
                    status: CredentialStatus::Inactive,
                    uploaded: at(8),
                },
            ],
            ..bare
        };
        check(
            full,
            "ann,arn,t1,true,no_information,t3,t4,false,false,t5,t9,us-east-1,iam,true,t6,N/A,N/A,N/A,true,t7,\
             false,t8",
        );
    }

    #[test]
    fn a_report_is_good_for_four_hours() {
        let mut report = CredentialReport {
            started: at(0),
            completed: None,
        };
        assert!(report.is_in_progress(at(59)) && !report.is_good(at(59)));
        assert!(!report.is_in_progress(at(60)) && !report.is_good(at(60)));
        report.completed = Some((at(10), 1));
        assert!(report.is_good(at(14_409)) && !report.is_in_progress(at(14_409)));
        assert!(!report.is_good(at(14_410)));
    }
}
