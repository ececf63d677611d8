//! `GetRequestAuthorizationDetails` and `GetRequestAuthorizationPolicy`: REST with JSON, signed as IAM.

use bytes::Bytes;
use keyward_wire::{Service as Api, WireError, write_json_string as string};

use crate::authenticate::authenticate;
use crate::authorize::{Circumstances, Question, allowed};
use crate::call::Noted;
use crate::exchange::{Incoming, Outgoing, RequestId};
use crate::ports::draw;
use crate::{Service, ServiceError};

/// The longest id that is looked up. SOURCE: the service model.
const ID_LENGTH: usize = 256;
const MISSING: &str = "The authorization details were not found.";

/// What is asked for.
enum Asked<'a> {
    Details(&'a str),
    Policy(&'a str, String),
}

impl Service {
    /// Answers a request below `/authorization-details/`.
    pub async fn authorization_details(&self, incoming: &Incoming<'_>) -> Outgoing {
        let now = self.now();
        let request_id = RequestId::from_random(draw(self.entropy()));
        let mut noted = Noted::default();
        let result = match self.audit().check() {
            Ok(()) => self.answer_details(incoming, &mut noted).await,
            Err(_) => Err(ServiceError::AuditUnavailable),
        };
        let (status, body, error) = match result {
            Ok(body) => (200, body, None),
            Err(error) => {
                let answer = error.answer();
                (answer.code.status, written(&answer), Some(answer))
            }
        };
        self.leave_event(incoming, now, &request_id, &noted, error.as_ref());
        Outgoing {
            status,
            content_type: Some("application/json"),
            body: Bytes::from(body),
            request_id,
            revision: None,
            location: None,
            authorization_message: None,
            authorization_id: None,
        }
    }

    async fn answer_details(
        &self,
        incoming: &Incoming<'_>,
        noted: &mut Noted,
    ) -> Result<String, ServiceError> {
        let asked = asked(incoming)?;
        let (action, id) = match &asked {
            Asked::Details(id) => ("iam:GetRequestAuthorizationDetails", *id),
            Asked::Policy(id, _) => ("iam:GetRequestAuthorizationPolicy", *id),
        };
        noted.claimed_action = action.split_once(':').map(|(_, name)| name.to_owned());
        let now = self.now();
        let caller = authenticate(&self.view, incoming, Some(Api::Iam), now)?;
        noted.caller = Some(caller.shared());
        let circumstances = Circumstances { incoming, now };
        let question = Question::about("*".to_owned());
        let detail = &mut noted.detail;
        allowed(action, &caller, &question, &circumstances, self, detail)?;
        let record = self
            .ports
            .details
            .as_ref()
            .and_then(|details| details.keeper.find(id));
        let record = record.and_then(|record| Kept::read(&record));
        // Those of another account are not there.
        let record = record.filter(|record| record.account == caller.account().to_string());
        let record = record.ok_or_else(missing)?;
        match asked {
            Asked::Details(_) => Ok(record.details),
            Asked::Policy(_, uri) => {
                let mut documents = record.documents.into_iter();
                let found = documents.find(|(kept, _)| *kept == uri);
                let (_, document) = found.ok_or_else(missing)?;
                Ok(format!(r#"{{"policyDocument":{document}}}"#))
            }
        }
    }
}

/// Reads the path and the query.
fn asked<'a>(incoming: &Incoming<'a>) -> Result<Asked<'a>, ServiceError> {
    let invalid = |message: &'static str| ServiceError::validation(message);
    let below = incoming.path.strip_prefix("/authorization-details/");
    let below = below.ok_or_else(|| invalid("The path is not one of this API."))?;
    let (id, wants_policy) = match below.strip_suffix("/policy") {
        Some(id) => (id, true),
        None => (below, false),
    };
    let is_id = !id.is_empty()
        && id.len() <= ID_LENGTH
        && id
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    if !is_id || incoming.method != "GET" {
        return Err(invalid("The authorization id is not valid."));
    }
    if !wants_policy {
        return Ok(Asked::Details(id));
    }
    let parameters = keyward_wire::Parameters::parse(incoming.query, &[]);
    let parameters = parameters.map_err(WireError::from)?;
    let uri = parameters.get("policyUri").map(str::to_owned);
    let uri = uri.ok_or_else(|| invalid("The parameter policyUri is required."))?;
    Ok(Asked::Policy(id, uri))
}

fn missing() -> ServiceError {
    ServiceError::Wire(WireError::new(
        keyward_wire::ErrorCode::sender("ResourceNotFoundException", 404),
        MISSING,
    ))
}

/// Writes an error as this API does: its names end in `Exception`.
fn written(error: &WireError) -> String {
    let kind = match error.code.code {
        "AccessDenied" => "AccessDeniedException",
        "ValidationError" => "ValidationException",
        "InternalFailure" => "InternalServerException",
        other => other,
    };
    let mut json = String::from(r#"{"__type":"#);
    string(&mut json, kind);
    json.push_str(r#","message":"#);
    string(&mut json, &error.message);
    json.push('}');
    json
}

/// A record as it was kept.
#[derive(serde::Deserialize)]
struct Kept {
    account: String,
    details: String,
    documents: std::collections::BTreeMap<String, String>,
}

impl Kept {
    fn read(record: &[u8]) -> Option<Self> {
        serde_json::from_slice(record).ok()
    }
}
