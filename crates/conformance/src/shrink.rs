//! Makes a failing line small.

use serde_json::Value;

/// Drops whatever can be dropped (layers, policies, statements, conditions, values, context keys) for as long as the
/// line still fails, and returns what is left.
///
/// Tries at most one pass over the line a drop, so it is quadratic in the size of the line.
#[must_use]
pub fn shrink(line: Value, fails: impl Fn(&Value) -> bool) -> Value {
    let mut smallest = line;
    while let Some(smaller) = smaller(&smallest).into_iter().find(&fails) {
        smallest = smaller;
    }
    smallest
}

/// The same value with one thing less, biggest things first.
fn smaller(value: &Value) -> Vec<Value> {
    let mut without_child = Vec::new();
    let mut smaller_child = Vec::new();
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let mut rest = items.clone();
                rest.remove(index);
                without_child.push(Value::Array(rest));
                for item in smaller(item) {
                    let mut changed = items.clone();
                    if let Some(slot) = changed.get_mut(index) {
                        *slot = item;
                    }
                    smaller_child.push(Value::Array(changed));
                }
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                let mut rest = fields.clone();
                rest.remove(key);
                without_child.push(Value::Object(rest));
                for field in smaller(field) {
                    let mut changed = fields.clone();
                    changed.insert(key.clone(), field);
                    smaller_child.push(Value::Object(changed));
                }
            }
        }
        Value::Bool(_) | Value::Null | Value::Number(_) | Value::String(_) => {}
    }
    without_child.append(&mut smaller_child);
    without_child
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_what_matters() {
        let line = serde_json::json!({"a": [1, {"b": ["x", "y"], "c": 3}], "d": {}});
        let small = shrink(line, |line| line.to_string().contains("\"y\""));
        assert_eq!(small.to_string(), r#"{"a":[{"b":["y"]}]}"#);
    }
}
