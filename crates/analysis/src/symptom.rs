//! From a symptom to a question, or to a diagnosis where no policy decides.

mod event;
mod failure;
mod keys;
mod message;
mod old_account;
mod orphan;
mod recorded;
mod revisions;
mod said;
mod sign_in;

use keyward_diagnose::{Diagnosis, Finding, Report};
use keyward_export::{Export, Refusal};

use crate::error::BadQuestion;
use crate::explain::explain;
use crate::question::Question;

pub use event::of_event;
pub use keys::lost_access_key;
pub use message::of_message;
pub use old_account::{OldAccount, old_account};
pub use orphan::finish;
pub use recorded::{explain_recorded, recorded_diagnosis};
pub use revisions::{NodeAnswer, NodeState, change_not_visible, wanted_revision};
pub use sign_in::{Credentials, Password, SignIn, SignInUser, cannot_sign_in, similar_names};

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
    /// What is known of the details that a service keeps of the refusal, in the place of how to get them.
    pub details: Option<Finding>,
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
    finish(&mut report, export);
    Ok(report)
}

#[cfg(test)]
mod tests;
