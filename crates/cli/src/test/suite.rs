//! A file of tests, read: policies, requests, and what they must be answered with.

use std::collections::BTreeMap;
use std::path::Path;

use keyward_arn::Arn;
use keyward_policy::Policy;
use keyward_policy::limits::READ_CHARACTERS;
use keyward_simulate::Question;

use super::expected::Expected;
use super::known::known;
use super::shape::{find, list, listed, map, unknown, wrong};
use super::yaml::{self, Fault, Json, Key, Node, Place, Value, quoted};

/// The fields of a line of `keyward decide` that are texts, whatever they look like in YAML.
const TEXTS: [&str; 5] = [
    "action",
    "principal",
    "principalIssuer",
    "resource",
    "resourceAccount",
];
/// The fields that hold policies, with how many lists they are inside of.
const POLICIES: [(&str, usize); 7] = [
    ("endpointPolicies", 1),
    ("identityPolicies", 1),
    ("permissionsBoundary", 1),
    ("resourceControlPolicies", 2),
    ("resourcePolicy", 0),
    ("serviceControlPolicies", 2),
    ("sessionPolicies", 1),
];
/// The most requests that one test can stand for by its lists.
const MOST_PAIRS: usize = 1_000;

/// A request and what it must be answered with.
#[derive(Debug)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) place: Place,
    /// The request in words.
    pub(super) request: String,
    pub(super) question: Question,
    pub(super) expected: Expected,
}

/// Reads the text of a file; `folder` is where it stands.
///
/// # Errors
/// Whatever is not understood, policies included: a test over a policy that cannot be used would say nothing.
pub(super) fn read(text: &str, folder: &Path) -> Result<Vec<Test>, Fault> {
    let root = yaml::read(text)?;
    let mut suite = Suite {
        folder,
        policies: BTreeMap::new(),
        given: BTreeMap::new(),
    };
    let mut tests = None;
    let fields = map(&root, "the file")?;
    for (key, value) in fields {
        match key.text.as_str() {
            // A place for anchors.
            "define" => {}
            "given" | "policies" => {}
            "tests" => tests = Some(value),
            _ => return Err(unknown(key, &["define", "given", "policies", "tests"])),
        }
    }
    if let Some(policies) = find(fields, "policies") {
        suite.read_policies(policies)?;
    }
    if let Some(given) = find(fields, "given") {
        suite.given = suite.fields(map(given, "given")?, &[])?;
    }
    let tests = tests.ok_or_else(|| Fault::new(root.place, "there are no tests"))?;
    let mut read = Vec::new();
    for test in list(tests, "tests")? {
        suite.read_test(test, &mut read)?;
    }
    if read.is_empty() {
        return Err(Fault::new(tests.place, "there are no tests"));
    }
    Ok(read)
}

/// What the tests of a file share.
struct Suite<'f> {
    folder: &'f Path,
    /// The named policies as JSON, `{"name":…,"document":…}`.
    policies: BTreeMap<String, String>,
    given: BTreeMap<String, Field>,
}

/// A field of a line of `keyward decide`.
#[derive(Clone, Debug)]
enum Field {
    /// Several texts, each of which makes a request.
    Choice(Vec<String>),
    /// Context entries by key, as JSON.
    Context(BTreeMap<String, String>),
    /// As JSON; `null` for a field that a test takes away.
    Json(String),
}

impl Suite<'_> {
    fn read_policies(&mut self, node: &Node) -> Result<(), Fault> {
        for (key, value) in map(node, "policies")? {
            let document = match &value.value {
                Value::Text(file) => self.read_file(file, value.place)?,
                Value::Map(_) => {
                    let json = value.to_json();
                    checked(&json, value.place)?;
                    json.one_line()
                }
                Value::List(_) | Value::Null | Value::Plain(_) => {
                    return Err(Fault::new(
                        value.place,
                        format!(
                            "a policy is a document or the name of a file, not {}",
                            value.type_name()
                        ),
                    ));
                }
            };
            self.policies
                .insert(key.text.clone(), named(&key.text, &document));
        }
        Ok(())
    }

    fn read_file(&self, file: &str, place: Place) -> Result<String, Fault> {
        let path = self.folder.join(file);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Fault::new(place, format!("can't read {}: {error}", path.display()))
        })?;
        match Policy::parse(&text) {
            Ok(_) => Ok(text),
            Err(error) => Err(Fault::new(place, format!("{}: {error}", path.display()))),
        }
    }

    fn read_test(&self, node: &Node, into: &mut Vec<Test>) -> Result<(), Fault> {
        let entries = map(node, "a test")?;
        let own = ["name", "expect"];
        let mut fields = self.given.clone();
        for (field, value) in self.fields(entries, &own)? {
            match (fields.get_mut(&field), value) {
                // A test's entries are added to those that are given.
                (Some(Field::Context(outer)), Field::Context(inner)) => outer.extend(inner),
                (_, value) => drop(fields.insert(field, value)),
            }
        }
        let expected = match find(entries, "expect") {
            Some(expect) => Expected::read(expect)?,
            None => return Err(Fault::new(node.place, "a test needs expect")),
        };
        let name = find(entries, "name")
            .map(|name| name.text().ok_or_else(|| wrong(name, "name", "a text")))
            .transpose()?;
        for (principal, action, resource) in pairs(&fields, node.place)? {
            let fields = with_known(&fields, &principal, &resource);
            let line = line(
                &fields,
                &[
                    ("principal", &principal),
                    ("action", &action),
                    ("resource", &resource),
                ],
            );
            let question =
                Question::parse(&line).map_err(|error| Fault::new(node.place, error.message))?;
            let request = format!("{action} on {resource} by {principal}");
            into.push(Test {
                // Where a test stands for several requests, its name alone would not tell them apart.
                name: match name {
                    Some(name) if !is_choice(&fields) => name.to_owned(),
                    Some(name) => format!("{name}: {request}"),
                    None => request.clone(),
                },
                place: node.place,
                request,
                question,
                expected: expected.clone(),
            });
        }
        Ok(())
    }

    /// Reads the fields of a line, but for those named beside.
    fn fields(
        &self,
        entries: &[(Key, Node)],
        beside: &[&str],
    ) -> Result<BTreeMap<String, Field>, Fault> {
        let mut fields = BTreeMap::new();
        for (key, value) in entries {
            let name = key.text.as_str();
            let field = if beside.contains(&name) {
                continue;
            } else if matches!(value.value, Value::Null) {
                Field::Json("null".to_owned())
            } else if name == "context" {
                context(value)?
            } else if TEXTS.contains(&name) {
                text_or_choice(name, value)?
            } else if let Some((_, depth)) = POLICIES.iter().find(|(field, _)| *field == name) {
                Field::Json(self.policies(name, value, *depth)?)
            } else {
                let known = POLICIES.iter().map(|(field, _)| *field);
                let known: Vec<_> = known
                    .chain(TEXTS)
                    .chain(["context"])
                    .chain(beside.iter().copied())
                    .collect();
                return Err(unknown(key, &known));
            };
            fields.insert(name.to_owned(), field);
        }
        Ok(fields)
    }

    /// Writes policies as JSON that stand in so many lists.
    fn policies(&self, field: &str, node: &Node, depth: usize) -> Result<String, Fault> {
        let Some(inner) = depth.checked_sub(1) else {
            return self.policy(node);
        };
        let items = list(node, field)?
            .iter()
            .map(|item| self.policies(field, item, inner))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(format!("[{}]", items.join(",")))
    }

    /// Writes a policy as JSON: one by its name, one of AWS's by its ARN, a document, or `{name, document}`.
    fn policy(&self, node: &Node) -> Result<String, Fault> {
        match &node.value {
            Value::Text(name) => match (
                self.policies.get(name),
                keyward_catalog::managed_policy(name),
            ) {
                (Some(policy), _) => Ok(policy.clone()),
                (None, Some(managed)) => Ok(named(name, &managed.document())),
                (None, None) => {
                    let known: Vec<&str> = self.policies.keys().map(String::as_str).collect();
                    Err(Fault::new(
                        node.place,
                        format!(
                            "no policy {name:?} under policies, which has {}",
                            listed(&known)
                        ),
                    ))
                }
            },
            Value::Map(entries) => {
                let document = find(entries, "document").unwrap_or(node);
                checked(&document.to_json(), document.place)?;
                Ok(node.to_json().one_line())
            }
            Value::List(_) | Value::Null | Value::Plain(_) => Err(Fault::new(
                node.place,
                format!(
                    "a policy is a document or a name under policies, not {}",
                    node.type_name()
                ),
            )),
        }
    }
}

fn named(name: &str, document: &str) -> String {
    format!(r#"{{"name":{},"document":{document}}}"#, quoted(name))
}

/// Refuses a document that cannot be used, at the line where it goes wrong.
fn checked(json: &Json, place: Place) -> Result<(), Fault> {
    // The lines that the JSON is spread over are not the document's own.
    let limit = READ_CHARACTERS.saturating_add(json.text.len());
    match Policy::parse_at_most(&json.text, limit) {
        Ok(_) => Ok(()),
        Err(error) => {
            let line = usize::try_from(error.span().start.line).unwrap_or_default();
            Err(Fault::new(
                json.place(line).unwrap_or(place),
                format!("{}: {}", error.place(), error.problem()),
            ))
        }
    }
}

fn context(node: &Node) -> Result<Field, Fault> {
    let mut entries = BTreeMap::new();
    for (key, value) in map(node, "context")? {
        let is_scalar = |node: &Node| node.text().is_some();
        match &value.value {
            Value::List(items) => {
                if let Some(item) = items.iter().find(|item| !is_scalar(item)) {
                    return Err(wrong(item, &key.text, "a text, number or boolean"));
                }
            }
            Value::Map(_) => return Err(wrong(value, &key.text, "a value or a list of values")),
            Value::Null | Value::Plain(_) | Value::Text(_) => {}
        }
        entries.insert(key.text.clone(), value.to_json().one_line());
    }
    Ok(Field::Context(entries))
}

/// Reads a text; where several make sense, several.
fn text_or_choice(name: &str, node: &Node) -> Result<Field, Fault> {
    match (&node.value, name) {
        (Value::List(items), "action" | "principal" | "resource") if !items.is_empty() => items
            .iter()
            .map(|item| {
                item.text()
                    .map(str::to_owned)
                    .ok_or_else(|| wrong(item, name, "a text"))
            })
            .collect::<Result<_, _>>()
            .map(Field::Choice),
        _ => match node.text() {
            Some(text) if ["action", "principal", "resource"].contains(&name) => {
                Ok(Field::Choice(vec![text.to_owned()]))
            }
            Some(text) => Ok(Field::Json(quoted(text))),
            None => Err(wrong(node, name, "a text")),
        },
    }
}

fn is_choice(fields: &BTreeMap<String, Field>) -> bool {
    fields
        .values()
        .any(|field| matches!(field, Field::Choice(texts) if texts.len() > 1))
}

/// Returns every principal with every action and every resource of a test.
fn pairs(
    fields: &BTreeMap<String, Field>,
    place: Place,
) -> Result<Vec<(String, String, String)>, Fault> {
    let choice = |name: &str| match fields.get(name) {
        Some(Field::Choice(texts)) => Ok(texts),
        Some(Field::Context(_) | Field::Json(_)) | None => Err(Fault::new(
            place,
            format!("{name} is missing, here and under given"),
        )),
    };
    let (principals, actions, resources) =
        (choice("principal")?, choice("action")?, choice("resource")?);
    if principals
        .len()
        .saturating_mul(actions.len())
        .saturating_mul(resources.len())
        > MOST_PAIRS
    {
        return Err(Fault::new(
            place,
            format!("a test stands for at most {MOST_PAIRS} requests"),
        ));
    }
    let mut pairs = Vec::new();
    for principal in principals {
        for action in actions {
            for resource in resources {
                pairs.push((principal.clone(), action.clone(), resource.clone()));
            }
        }
    }
    Ok(pairs)
}

/// Adds the condition keys that follow from principal and resource, where a test does not say otherwise.
fn with_known(
    fields: &BTreeMap<String, Field>,
    principal: &str,
    resource: &str,
) -> BTreeMap<String, Field> {
    let text = |name: &str| match fields.get(name) {
        Some(Field::Json(json)) => serde_json::from_str::<Option<String>>(json).ok().flatten(),
        Some(Field::Choice(_) | Field::Context(_)) | None => None,
    };
    let owner = text("resourceAccount")
        .or_else(|| Some(Arn::parse(resource)?.account_id()?.to_string()))
        .or_else(|| Some(Arn::parse(principal)?.account_id()?.to_string()))
        // What is done to nothing in particular has no owner.
        .filter(|_| resource != "*");
    let mut context = match fields.get("context") {
        Some(Field::Context(entries)) => entries.clone(),
        Some(Field::Choice(_) | Field::Json(_)) | None => BTreeMap::new(),
    };
    for (key, value) in known(
        principal,
        text("principalIssuer").as_deref(),
        owner.as_deref(),
    ) {
        if !context.keys().any(|given| given.eq_ignore_ascii_case(key)) {
            context.insert(key.to_owned(), value);
        }
    }
    let mut fields = fields.clone();
    fields.insert("context".to_owned(), Field::Context(context));
    fields
}

/// Writes a line of `keyward decide`.
fn line(fields: &BTreeMap<String, Field>, texts: &[(&str, &String)]) -> String {
    let texts = texts
        .iter()
        .map(|(name, text)| format!("{}:{}", quoted(name), quoted(text)));
    let others = fields.iter().filter_map(|(name, field)| match field {
        Field::Choice(_) => None,
        Field::Context(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{}:{value}", quoted(key)))
                .collect();
            Some(format!("{}:{{{}}}", quoted(name), entries.join(",")))
        }
        Field::Json(json) => Some(format!("{}:{json}", quoted(name))),
    });
    format!("{{{}}}", texts.chain(others).collect::<Vec<_>>().join(","))
}
