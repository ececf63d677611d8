//! What a node must be, and the words for one that is something else.

use super::yaml::{Fault, Key, Node, Value};

pub(super) fn find<'n>(entries: &'n [(Key, Node)], name: &str) -> Option<&'n Node> {
    entries
        .iter()
        .find(|(key, _)| key.text == name)
        .map(|(_, value)| value)
}

pub(super) fn map<'n>(node: &'n Node, name: &str) -> Result<&'n [(Key, Node)], Fault> {
    match &node.value {
        Value::Map(entries) => Ok(entries),
        Value::List(_) | Value::Null | Value::Plain(_) | Value::Text(_) => {
            Err(wrong(node, name, "a mapping"))
        }
    }
}

pub(super) fn list<'n>(node: &'n Node, name: &str) -> Result<&'n [Node], Fault> {
    match &node.value {
        Value::List(items) => Ok(items),
        Value::Map(_) | Value::Null | Value::Plain(_) | Value::Text(_) => {
            Err(wrong(node, name, "a list"))
        }
    }
}

pub(super) fn wrong(node: &Node, name: &str, expected: &str) -> Fault {
    Fault::new(
        node.place,
        format!("{name} must be {expected}, not {}", node.type_name()),
    )
}

pub(super) fn unknown(key: &Key, known: &[&str]) -> Fault {
    Fault::new(
        key.place,
        format!("{:?} is none of {}", key.text, listed(known)),
    )
}

pub(super) fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
