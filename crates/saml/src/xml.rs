//! Reading XML within bounds, and the few questions that are asked of it.

use std::collections::BTreeSet;

use roxmltree::{Document, Node, ParsingOptions};

use crate::limits::{ATTRIBUTES, DEPTH, NODES};
use crate::names::{DSIG, XML};

/// Reads a document. `None` where it is not well-formed, has a DTD (and with it any entity but the five of XML) or a
/// processing instruction, is larger than the bounds, or has the same id twice.
pub(crate) fn parse(text: &str) -> Option<Document<'_>> {
    if !has_bounded_tags(text) {
        return None;
    }
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).ok()?;
    let sound = !document.descendants().any(|node| node.is_pi())
        && is_bounded(document.root_element(), DEPTH)
        && has_unique_ids(&document);
    sound.then_some(document)
}

/// Returns whether the parser's work stays in proportion to the text: it compares the attributes of an element with one
/// another. Between two `<` stands at most one tag, because `<` is escaped in the values of attributes, and each attribute
/// has two quotation marks.
fn has_bounded_tags(text: &str) -> bool {
    // What stands in a tag ends at `>` or, where a value has one, later; texts may have any number of quotation marks.
    text.split('<').all(|part| {
        let mut inside = None;
        let mut attributes = 0_usize;
        for byte in part.bytes() {
            match (inside, byte) {
                (None, b'>') => break,
                (None, b'"' | b'\'') => inside = Some(byte),
                (Some(quote), _) if quote == byte => {
                    inside = None;
                    attributes = attributes.saturating_add(1);
                }
                (None | Some(_), _) => {}
            }
        }
        attributes <= ATTRIBUTES
    })
}

fn is_bounded(node: Node<'_, '_>, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    node.children()
        .filter(Node::is_element)
        .all(|child| is_bounded(child, depth))
}

/// Returns whether no two elements have the same id, whichever of the attributes that are ids it stands in.
fn has_unique_ids(document: &Document<'_>) -> bool {
    let mut seen = BTreeSet::new();
    document
        .descendants()
        .flat_map(|node| node.attributes())
        .filter(|attribute| match attribute.namespace() {
            None => {
                attribute.name().eq_ignore_ascii_case("id") || attribute.name() == "AssertionID"
            }
            Some(namespace) => namespace == XML && attribute.name() == "id",
        })
        .all(|attribute| seen.insert(attribute.value()))
}

/// Returns the child elements of a name.
pub(crate) fn children<'a, 'input>(
    parent: Node<'a, 'input>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    parent
        .children()
        .filter(move |child| child.has_tag_name((namespace, name)))
}

/// Returns the only child element of a name; `None` where there is none or another.
pub(crate) fn only_child<'a, 'input>(
    parent: Node<'a, 'input>,
    namespace: &'static str,
    name: &'static str,
) -> Option<Node<'a, 'input>> {
    let mut all = children(parent, namespace, name);
    let only = all.next()?;
    all.next().is_none().then_some(only)
}

/// Returns the text of an element as a signature covers it: whole, whatever comments stand between its parts, without
/// white space around it. `None` where an element stands inside.
pub(crate) fn text(element: Node<'_, '_>) -> Option<String> {
    let mut whole = String::new();
    for child in element.children() {
        if child.is_element() || child.is_pi() {
            return None;
        }
        if child.is_text() {
            whole.push_str(child.text().unwrap_or_default());
        }
    }
    let white = |character| matches!(character, ' ' | '\t' | '\r' | '\n');
    Some(whole.trim_matches(white).to_owned())
}

/// Returns the signature of an element, a child of it.
///
/// # Errors
/// The element has several.
pub(crate) fn signature<'a, 'input>(
    element: Node<'a, 'input>,
) -> Result<Option<Node<'a, 'input>>, SeveralSignatures> {
    let mut all = children(element, DSIG, "Signature");
    match (all.next(), all.next()) {
        (signature, None) => Ok(signature),
        (_, Some(_)) => Err(SeveralSignatures),
    }
}

/// An element has more than one signature.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeveralSignatures;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_plain_documents() {
        for text in [
            "<a/>",
            "<?xml version=\"1.0\"?>\n<!-- c --><a b='1'>&lt;&#65;<![CDATA[x]]></a>",
            "<a id='1'><b Id='2' ID='3' xml:id='4'/></a>",
        ] {
            assert!(parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_odd() {
        for text in [
            "",
            "x",
            "<a>",
            "<a/><b/>",
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<a>&x;</a>",
            "<?pi x?><a/>",
            "<a><?pi?></a>",
            "<a><?xml version='1.0'?></a>",
            "<a ID='1'><b ID='1'/></a>",
            "<a ID='1'><b id='1'/></a>",
            "<a ID='1' xml:id='1'/>",
            "<a AssertionID='1'><b Id='1'/></a>",
            "<p:a/>",
            "<a b='1' b='2'/>",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
        let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(parse(&deep(DEPTH)).is_some() && parse(&deep(DEPTH + 1)).is_none());
        let wide = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count));
        assert!(parse(&wide(5_000)).is_some() && parse(&wide(10_001)).is_none());
        let attributes = |count: usize| {
            let all: String = (0..count).map(|n| format!(" a{n}='>\"'")).collect();
            format!("<a{all}/>")
        };
        assert!(parse(&attributes(ATTRIBUTES)).is_some());
        assert!(parse(&attributes(ATTRIBUTES + 1)).is_none());
    }

    #[test]
    fn texts_are_whole() {
        let check = |document: &str, expected: Option<&str>| {
            let parsed = parse(document).unwrap();
            assert_eq!(
                text(parsed.root_element()).as_deref(),
                expected,
                "{document}"
            );
        };
        check(
            "<a> admin<!-- x -->@evil.example\n</a>",
            Some("admin@evil.example"),
        );
        check("<a>x<![CDATA[<y>]]>&amp;</a>", Some("x<y>&"));
        check("<a/>", Some(""));
        check("<a>x<b/>y</a>", None);
    }
}
