//! From a symptom to a question, or to a diagnosis where no policy decides.

mod event;
mod failure;
mod keys;
mod message;
mod said;

use keyward_diagnose::{Diagnosis, Finding, Report};
use keyward_engine::Decision;
use keyward_export::{Export, Refusal};

use crate::error::BadQuestion;
use crate::explain::{ASSIGNED, explain};
use crate::question::Question;

pub use event::of_event;
pub use keys::lost_access_key;
pub use message::of_message;

/// What a person adds to a symptom that does not tell everything.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// As [`Question::principal`].
    pub principal: Option<String>,
    /// As [`Question::issuer`].
    pub issuer: Option<String>,
    /// As [`Question::action`].
    pub action: Option<String>,
    /// As [`Question::resource`].
    pub resource: Option<String>,
    /// As [`Question::context`].
    pub context: Vec<crate::question::Given>,
    /// As [`Question::session_policies`].
    pub session_policies: Option<Vec<keyward_export::Inline>>,
}

impl Hints {
    /// Reads `--context KEY=VALUE`.
    ///
    /// # Errors
    /// Where one is not of that form.
    pub fn with_context(mut self, context: &[String]) -> Result<Self, BadQuestion> {
        self.context = crate::question::given(context)?;
        Ok(self)
    }
}

/// What a symptom comes to.
#[derive(Clone, Debug)]
pub enum Symptom {
    /// A refusal that policies do not decide.
    Diagnosis(Diagnosis),
    /// A request to be explained.
    Question(Box<Asked>),
}

/// A question with what its symptom tells.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The question.
    pub question: Question,
    /// What AWS itself said.
    pub said: Option<Refusal>,
    /// The same, in its own words.
    pub words: Option<String>,
    /// What else is known.
    pub findings: Vec<Finding>,
    /// When it was asked, in seconds since the Unix epoch, where the symptom tells.
    pub when: Option<i64>,
}

/// Explains a question that came from a symptom; `now` is in seconds since the Unix epoch.
///
/// # Errors
/// As [`explain`].
pub fn explain_asked(export: &Export, asked: &Asked, now: i64) -> Result<Report, BadQuestion> {
    let mut report = explain(export, &asked.question, asked.when.unwrap_or(now))?;
    report.findings.extend(asked.findings.iter().cloned());
    let compared = said::compared(asked.said.as_ref(), &mut report, export);
    report.findings.extend(compared);
    if let Some(words) = asked.words.as_ref().filter(|words| !words.is_empty()) {
        report.message = Some(words.clone());
    }
    finish(&mut report);
    Ok(report)
}

/// Adds what is known of a refused request whatever way it was asked for.
pub fn finish(report: &mut Report) {
    if let Some(finding) = orphaned_device(report) {
        report.findings.push(finding);
        // The policy does what it is there for.
        report.fixes.clear();
        report.no_fix = Some(
            "The policy is right and must not be edited: it keeps devices from being removed without MFA.".to_owned(),
        );
    }
}

/// The eighth symptom: a virtual MFA device that was made and never enabled.
// SOURCE: "Troubleshoot IAM", general issues: "I am not authorized to perform: iam:DeleteVirtualMFADevice".
fn orphaned_device(report: &Report) -> Option<Finding> {
    match report.decision {
        Decision::ExplicitDeny(_) => {}
        Decision::Allow(_) | Decision::ImplicitDeny(_) => return None,
    }
    if !report
        .action
        .eq_ignore_ascii_case("iam:DeleteVirtualMFADevice")
    {
        return None;
    }
    let asks_for_mfa = report.determining().any(|statement| {
        statement
            .elements
            .iter()
            .filter_map(|element| element.condition.as_ref())
            .any(|(_, key)| key.to_ascii_lowercase().starts_with("aws:multifactorauth"))
    });
    let is_assigned = report.findings.iter().any(|it| it.title == ASSIGNED);
    if !asks_for_mfa || is_assigned {
        return None;
    }
    let serial = &report.resource;
    Some(Finding {
        title: "An MFA device that was made and never enabled".to_owned(),
        sentences: vec![
            format!(
                "Somebody began to assign {serial} and did not finish: the device exists and belongs to nobody, so nobody can \
                 give a code of it, and without MFA the policy rightly denies its deletion."
            ),
            "An administrator, who has MFA, looks whether it is unassigned and deletes it; then it can be made anew.".to_owned(),
        ],
        commands: vec![
            format!(
                "aws iam list-virtual-mfa-devices --assignment-status Unassigned --query \"VirtualMFADevices[?SerialNumber=='{serial}']\""
            ),
            format!("aws iam delete-virtual-mfa-device --serial-number {serial}"),
        ],
    })
}

#[cfg(test)]
mod tests;
