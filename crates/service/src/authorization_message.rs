//! What decided a refusal, encoded for `DecodeAuthorizationMessage`.
//!
//! The text is sealed under a key of the caller's account, so that nobody reads it without the permission to decode it.
//! SOURCE: spec/access-denied-messages.md §1, the encoded message of EC2, and the shape that AWS's guide prints.

use keyward_engine::{ContextValue, Decision, Layers, Request};
use keyward_sts::seal_message;
use keyward_wire::write_json_string as string;

use crate::Service;
use crate::authenticate::Caller;
use crate::ports::draw;
use crate::question::{Belongs, Question};

/// Encodes a refusal for the caller's account; `None` where it can't be, which refuses no less.
pub(crate) fn encoded(
    service: &Service,
    caller: &Caller,
    question: &Question,
    request: &Request<'_>,
    decision: &Decision,
    layers: &Layers<'_>,
) -> Option<String> {
    // A bearer is nobody yet, and has no account to decode anything in.
    if caller.bearer().is_some() {
        return None;
    }
    let text = written(caller, question, request, decision, layers);
    let keys = caller.cell().sealing();
    seal_message(keys, &text, draw(service.entropy())).ok()
}

fn written(
    caller: &Caller,
    question: &Question,
    request: &Request<'_>,
    decision: &Decision,
    layers: &Layers<'_>,
) -> String {
    let explicit = matches!(decision, Decision::ExplicitDeny(_));
    let mut json =
        format!(r#"{{"allowed":false,"explicitDeny":{explicit},"matchedStatements":{{"items":["#);
    // What another account's policies say is theirs to know.
    let is_own = !matches!(question.belongs, Belongs::Other(_));
    let first = decision.determined().first.filter(|_| is_own);
    if let Some((policy, statement)) = first.and_then(|at| layers.statement(at)) {
        json.push_str(r#"{"statementId":"#);
        string(&mut json, statement.sid.unwrap_or_default());
        json.push_str(r#","effect":"DENY","sourcePolicyId":"#);
        string(&mut json, policy.name());
        json.push('}');
    }
    json.push_str(r#"]},"failures":{"items":[]},"context":{"principal":{"id":"#);
    string(&mut json, caller.user_id());
    json.push_str(r#","arn":"#);
    string(&mut json, caller.arn());
    json.push_str(r#"},"action":"#);
    string(&mut json, request.action);
    json.push_str(r#","resource":"#);
    string(&mut json, request.resource);
    json.push_str(r#","conditions":{"items":["#);
    for (index, entry) in request.context.iter().enumerate() {
        json.push_str(if index == 0 {
            r#"{"key":"#
        } else {
            r#",{"key":"#
        });
        string(&mut json, entry.key);
        json.push_str(r#","values":{"items":["#);
        let values: Vec<&str> = match entry.value {
            ContextValue::Multiple(values) => values.iter().map(AsRef::as_ref).collect(),
            ContextValue::Single(value) => vec![value],
        };
        for (index, value) in values.into_iter().enumerate() {
            json.push_str(if index == 0 {
                r#"{"value":"#
            } else {
                r#",{"value":"#
            });
            string(&mut json, value);
            json.push('}');
        }
        json.push_str("]}}");
    }
    json.push_str("]}}}");
    json
}
