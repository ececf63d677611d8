//! Questions put to an export of accounts: why a request is refused, who can do something, what will bite.
//!
//! Pure: a [`keyward_export::Export`] in, plain data out. Every answer comes from `keyward_engine`; this crate gathers
//! what it is asked over, and says what is missing. Start at [`explain`].
//!
//! | module | what |
//! |---|---|
//! | `question`, `caller`, `context` | a request, as a person puts it |
//! | `gather` | the policies that bear on it |
//! | `explain` | the answer, through `keyward_diagnose` |
//! | `who_can` | every principal that can do something |
//! | `can` | all that a principal can do |
//! | `partial` | decisions while part of the context is not known |
//! | `doctor` | what will bite |
//! | `symptom` | from an error message, a CloudTrail record or a lost key to a question or a diagnosis |

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod caller;
mod can;
mod context;
mod date;
mod doctor;
mod error;
mod explain;
mod gather;
mod glob;
mod near;
mod partial;
mod question;
mod symptom;
mod who_can;

pub use can::{Can, Except, Fate, Grant, Part, can, can_json, can_text};
pub use date::iso8601;
pub use doctor::{
    Bite, Diagnoses, Rule, Severity, doctor, doctor_json, doctor_of_server, doctor_text, sarif,
};
pub use error::BadQuestion;
pub use explain::explain;
pub use question::{Given, Question};
pub use symptom::{
    Asked, Credentials, Hints, NodeAnswer, NodeState, OldAccount, Password, SignIn, SignInUser,
    Symptom, cannot_sign_in, change_not_visible, explain_asked, explain_recorded, finish,
    lost_access_key, of_event, of_message, old_account, recorded_diagnosis, similar_names,
    wanted_revision,
};
pub use who_can::{Evidence, Row, WhoCan, who_can, who_can_json, who_can_text};
