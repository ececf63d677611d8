//! A small XML reader for clients: reads back what the Query services answer.
//!
//! It knows elements, text, character references and comments, skips attributes and processing instructions, and
//! refuses the rest (document types, CDATA), which those answers never hold.

use crate::limits::MAX_DEPTH;

/// An element of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The name, as written.
    pub name: String,
    /// The text directly inside, references resolved. Blank text beside child elements is dropped.
    pub text: String,
    /// The elements inside, in order.
    pub children: Vec<Element>,
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {position}: {reason}")]
pub struct ElementError {
    /// Where, in bytes from the start.
    pub position: usize,
    /// What is wrong.
    pub reason: &'static str,
}

impl Element {
    /// Reads a document and returns its root.
    ///
    /// # Errors
    /// [`ElementError`]: not well-formed, nested deeper than [`MAX_DEPTH`], or with parts that this reader refuses.
    pub fn parse(document: &str) -> Result<Self, ElementError> {
        let mut reader = Reader {
            document,
            rest: document,
        };
        // The document as if it stood in one more element, so that the root is found like any child.
        let mut open = vec![Self::default()];
        while !reader.rest.is_empty() {
            reader.step(&mut open)?;
        }
        let mut around = open
            .pop()
            .filter(|_| open.is_empty())
            .ok_or(reader.error("an element is not closed"))?;
        if !around.text.trim().is_empty() {
            return Err(reader.error("text outside of the root element"));
        }
        match (around.children.pop(), around.children.is_empty()) {
            (Some(root), true) => Ok(root),
            (Some(_) | None, _) => Err(reader.error("there must be one root element")),
        }
    }

    /// The first element inside that has this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first element inside that has this name.
    #[must_use]
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }

    /// The elements of the list inside that has this name: its `member` elements.
    pub fn members(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.child(name)
            .into_iter()
            .flat_map(|list| list.children.iter().filter(|child| child.name == "member"))
    }
}

struct Reader<'a> {
    document: &'a str,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn step(&mut self, open: &mut Vec<Element>) -> Result<(), ElementError> {
        let text = self.until('<');
        if let Some(element) = open.last_mut() {
            self.resolve(text, &mut element.text)?;
        }
        if self.rest.is_empty() {
            return Ok(());
        }
        if let Some(rest) = self.rest.strip_prefix("<?") {
            return self.skip(rest, "?>");
        }
        if let Some(rest) = self.rest.strip_prefix("<!--") {
            return self.skip(rest, "-->");
        }
        if self.rest.starts_with("<!") {
            return Err(self.error("document types and CDATA are not read"));
        }
        if let Some(rest) = self.rest.strip_prefix("</") {
            let (name, rest) = rest
                .split_once('>')
                .ok_or(self.error("a tag is not closed"))?;
            self.close(name.trim_end(), open)?;
            self.rest = rest;
            return Ok(());
        }
        self.start_tag(open)
    }

    fn start_tag(&mut self, open: &mut Vec<Element>) -> Result<(), ElementError> {
        let error = self.error("a tag is not closed");
        let tag = self.rest.strip_prefix('<').ok_or(error.clone())?;
        let end = tag_end(tag).ok_or(error.clone())?;
        let (inside, rest) = tag.split_at_checked(end).ok_or(error.clone())?;
        let (inside, empty) = inside
            .strip_suffix('/')
            .map_or((inside, false), |inside| (inside, true));
        let name = inside.split([' ', '\t', '\r', '\n']).next().unwrap_or("");
        if name.is_empty() {
            return Err(self.error("a tag without a name"));
        }
        if open.len() > MAX_DEPTH {
            return Err(self.error("nested too deep"));
        }
        open.push(Element {
            name: name.to_owned(),
            ..Element::default()
        });
        if empty {
            self.close(name, open)?;
        }
        self.rest = rest.strip_prefix('>').ok_or(error)?;
        Ok(())
    }

    fn close(&self, name: &str, open: &mut Vec<Element>) -> Result<(), ElementError> {
        let error = self.error("an end tag does not match its start tag");
        let mut element = open.pop().ok_or(error.clone())?;
        if element.name != name {
            return Err(error);
        }
        if !element.children.is_empty() && element.text.trim().is_empty() {
            element.text.clear();
        }
        open.last_mut().ok_or(error)?.children.push(element);
        Ok(())
    }

    fn skip(&mut self, rest: &'a str, end: &str) -> Result<(), ElementError> {
        let (_, rest) = rest
            .split_once(end)
            .ok_or(self.error("a comment or instruction is not closed"))?;
        self.rest = rest;
        Ok(())
    }

    fn until(&mut self, end: char) -> &'a str {
        let at = self.rest.find(end).unwrap_or(self.rest.len());
        let (before, rest) = self.rest.split_at_checked(at).unwrap_or((self.rest, ""));
        self.rest = rest;
        before
    }

    fn resolve(&self, text: &str, out: &mut String) -> Result<(), ElementError> {
        let mut parts = text.split('&');
        out.push_str(parts.next().unwrap_or(""));
        for part in parts {
            let (name, rest) = part
                .split_once(';')
                .ok_or(self.error("a reference is not closed"))?;
            out.push(reference(name).ok_or(self.error("an unknown reference"))?);
            out.push_str(rest);
        }
        Ok(())
    }

    fn error(&self, reason: &'static str) -> ElementError {
        ElementError {
            position: self.document.len().saturating_sub(self.rest.len()),
            reason,
        }
    }
}

/// Where a tag ends: at the first `>` that is not inside a quoted attribute.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, character) in tag.char_indices() {
        match (quote, character) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None | Some(_), _) => {}
        }
    }
    None
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "apos" => Some('\''),
        "gt" => Some('>'),
        "lt" => Some('<'),
        "quot" => Some('"'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests;
