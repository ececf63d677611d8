use super::Element;
use crate::{Format, PolicyDocument, iam, write_success};

fn shape(element: &Element) -> String {
    let children: Vec<String> = element.children.iter().map(shape).collect();
    format!("{}[{}]({})", element.name, element.text, children.join(" "))
}

fn check(document: &str, expected: Result<&str, &str>) {
    let found = Element::parse(document);
    let found = found.as_ref().map(shape).map_err(ToString::to_string);
    assert_eq!(
        found,
        expected.map(str::to_owned).map_err(str::to_owned),
        "{document}"
    );
}

#[test]
fn reads() {
    check("<a/>", Ok("a[]()"));
    check("<a></a>", Ok("a[]()"));
    check("<a > text </a >", Ok("a[ text ]()"));
    check(
        "<?xml version=\"1.0\"?>\n<!-- c > -->\n<a x=\"/>\" y='>'><b>1</b>\n <b/></a>\n",
        Ok("a[](b[1]() b[]())"),
    );
    check(
        "<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;</a>",
        Ok("a[<>&\"'A😀]()"),
    );
}

#[test]
fn refuses() {
    check("", Err("byte 0: there must be one root element"));
    check("text", Err("byte 4: text outside of the root element"));
    check("<a/><b/>", Err("byte 8: there must be one root element"));
    check("<a>", Err("byte 3: an element is not closed"));
    check(
        "</a>",
        Err("byte 0: an end tag does not match its start tag"),
    );
    check(
        "</>",
        Err("byte 0: an end tag does not match its start tag"),
    );
    check(
        "<a></b>",
        Err("byte 3: an end tag does not match its start tag"),
    );
    check("<a", Err("byte 0: a tag is not closed"));
    check("<a x=\">", Err("byte 0: a tag is not closed"));
    check("<>", Err("byte 0: a tag without a name"));
    check("<a>&nbsp;</a>", Err("byte 9: an unknown reference"));
    check("<a>&#xD800;</a>", Err("byte 11: an unknown reference"));
    check("<a>&amp</a>", Err("byte 7: a reference is not closed"));
    check(
        "<!DOCTYPE a><a/>",
        Err("byte 0: document types and CDATA are not read"),
    );
    check(
        "<a><![CDATA[x]]></a>",
        Err("byte 3: document types and CDATA are not read"),
    );
    check(
        "<!-- <a/>",
        Err("byte 0: a comment or instruction is not closed"),
    );
    let deep = "<a>".repeat(40) + &"</a>".repeat(40);
    check(&deep, Err("byte 96: nested too deep"));
}

#[test]
fn reads_back_what_is_written() {
    let tag = |key: &str| iam::Tag {
        key: key.to_owned(),
        value: "a <b> & \r\n".to_owned(),
    };
    let output = iam::ListUserTagsOutput {
        tags: vec![tag("x"), tag("y")],
        ..Default::default()
    };
    let root = Element::parse(&write_success::<iam::ListUserTags>(
        &output,
        "r",
        Format::Xml,
    ))
    .unwrap();
    let result = root.child("ListUserTagsResult").unwrap();
    let tags: Vec<_> = result
        .members("Tags")
        .map(|tag| (tag.child_text("Key"), tag.child_text("Value")))
        .collect();
    assert_eq!(
        tags,
        [
            (Some("x"), Some("a <b> & \r\n")),
            (Some("y"), Some("a <b> & \r\n"))
        ]
    );
    assert_eq!(
        root.child("ResponseMetadata")
            .and_then(|m| m.child_text("RequestId")),
        Some("r")
    );
}

#[test]
fn policy_documents_come_back() {
    let document = PolicyDocument::from("{\"Id\": \"é +%\"}\n");
    let output = iam::GetUserPolicyOutput {
        policy_document: document.clone(),
        ..Default::default()
    };
    let root = Element::parse(&write_success::<iam::GetUserPolicy>(
        &output,
        "r",
        Format::Xml,
    ))
    .unwrap();
    let encoded = root
        .child("GetUserPolicyResult")
        .and_then(|result| result.child_text("PolicyDocument"))
        .unwrap();
    assert_eq!(encoded, "%7B%22Id%22%3A%20%22%C3%A9%20%2B%25%22%7D%0A");
    assert_eq!(PolicyDocument::from_encoded(encoded), Some(document));
    assert_eq!(PolicyDocument::from_encoded("%FF"), None);
}
