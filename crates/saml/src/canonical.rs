//! Exclusive XML canonicalization, without comments, of one element and what is inside it.
//!
//! What is written is what a signature's digest is over, and then what is read: nothing of the document but this text is
//! believed. A mistake here can refuse a good signature; it can't make a text be read that nobody signed.

use roxmltree::{Attribute, Node, NodeId};

use crate::limits::CANONICAL_LENGTH;

/// How an element is written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Form<'a> {
    /// The element that is left out: the signature that stands inside of what it signs.
    pub(crate) without: Option<NodeId>,
    /// The prefixes whose namespaces are written where they are declared, used or not; `#default` for the one without.
    pub(crate) inclusive_prefixes: &'a [String],
}

/// Writes an element. `None` where the text would be longer than [`CANONICAL_LENGTH`]; the document has bounds on its
/// depth and no processing instructions, as [`parse`](crate::xml::parse) has seen.
// SOURCE: W3C Exclusive XML Canonicalization 1.0 §3, Canonical XML 1.0 §2.3.
pub(crate) fn canonicalize(element: Node<'_, '_>, form: Form<'_>) -> Option<String> {
    let mut writer = Writer {
        form,
        written: Vec::new(),
        out: String::new(),
    };
    writer.element(element)?;
    Some(writer.out)
}

struct Writer<'a, 'input> {
    form: Form<'a>,
    /// The namespaces that the elements around have written, the innermost last.
    written: Vec<(&'input str, String)>,
    out: String,
}

impl<'input> Writer<'_, 'input> {
    fn element(&mut self, element: Node<'_, 'input>) -> Option<()> {
        let name = qualified_name(element)?;
        let outside = self.written.len();
        self.push("<")?;
        self.push(name)?;
        self.namespaces(element, prefix(name))?;
        self.attributes(element)?;
        self.push(">")?;
        for child in element.children() {
            if child.is_element() {
                if self.form.without != Some(child.id()) {
                    self.element(child)?;
                }
            } else if child.is_text() {
                self.text(child.text().unwrap_or_default())?;
            }
        }
        self.push("</")?;
        self.push(name)?;
        self.push(">")?;
        self.written.truncate(outside);
        Some(())
    }

    /// Writes the namespaces that an element or its attributes use and that the elements around have not written.
    fn namespaces(&mut self, element: Node<'_, 'input>, own: &'input str) -> Option<()> {
        let mut used = vec![own];
        for attribute in element.attributes() {
            used.extend(
                Some(prefix(attribute_name(element, &attribute)?)).filter(|it| !it.is_empty()),
            );
        }
        for namespace in element.namespaces() {
            let listed = namespace.name().unwrap_or("#default");
            if self.form.inclusive_prefixes.iter().any(|it| it == listed) {
                used.push(namespace.name().unwrap_or_default());
            }
        }
        if self
            .form
            .inclusive_prefixes
            .iter()
            .any(|it| it == "#default")
        {
            used.push("");
        }
        used.sort_unstable();
        used.dedup();
        for prefix in used.into_iter().filter(|prefix| *prefix != "xml") {
            let uri = element
                .lookup_namespace_uri(Some(prefix).filter(|it| !it.is_empty()))
                .unwrap_or_default();
            let before = self.written.iter().rev().find(|(name, _)| *name == prefix);
            let before = before.map_or("", |(_, uri)| uri.as_str());
            if before == uri {
                continue;
            }
            self.push(if prefix.is_empty() {
                " xmlns"
            } else {
                " xmlns:"
            })?;
            self.push(prefix)?;
            self.value(uri)?;
            self.written.push((prefix, uri.to_owned()));
        }
        Some(())
    }

    /// Writes the attributes: those without a namespace first, then by namespace and name.
    fn attributes(&mut self, element: Node<'_, 'input>) -> Option<()> {
        let mut all: Vec<_> = element.attributes().collect();
        all.sort_by_key(|attribute| (attribute.namespace().unwrap_or_default(), attribute.name()));
        for attribute in all {
            self.push(" ")?;
            self.push(attribute_name(element, &attribute)?)?;
            self.value(attribute.value())?;
        }
        Some(())
    }

    fn value(&mut self, value: &str) -> Option<()> {
        self.push("=\"")?;
        for character in value.chars() {
            match character {
                '&' => self.push("&amp;")?,
                '<' => self.push("&lt;")?,
                '"' => self.push("&quot;")?,
                '\t' => self.push("&#x9;")?,
                '\n' => self.push("&#xA;")?,
                '\r' => self.push("&#xD;")?,
                other => self.out.push(other),
            }
        }
        self.push("\"")
    }

    fn text(&mut self, text: &str) -> Option<()> {
        for character in text.chars() {
            match character {
                '&' => self.push("&amp;")?,
                '<' => self.push("&lt;")?,
                '>' => self.push("&gt;")?,
                '\r' => self.push("&#xD;")?,
                other => self.out.push(other),
            }
        }
        self.push("")
    }

    fn push(&mut self, text: &str) -> Option<()> {
        self.out.push_str(text);
        (self.out.len() <= CANONICAL_LENGTH).then_some(())
    }
}

/// Returns the name of an element as it is written, with its prefix.
fn qualified_name<'input>(element: Node<'_, 'input>) -> Option<&'input str> {
    let source = element.document().input_text();
    name_at(source, element.range().start.checked_add(1)?)
}

fn attribute_name<'input>(
    element: Node<'_, 'input>,
    attribute: &Attribute<'_, 'input>,
) -> Option<&'input str> {
    name_at(element.document().input_text(), attribute.range().start)
}

/// Returns the name that begins at a place of the source.
fn name_at(source: &str, start: usize) -> Option<&str> {
    let rest = source.get(start..)?;
    let end = rest.find(|end: char| end.is_ascii_whitespace() || matches!(end, '=' | '/' | '>'))?;
    rest.get(..end).filter(|name| !name.is_empty())
}

fn prefix(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

#[cfg(test)]
mod tests;
