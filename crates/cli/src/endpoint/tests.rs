use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use keyward_engine::Decision;
use keyward_sigv4::{Expected, Payload, RequestParts, SecretKey, SignedRequest};

use super::*;
use keyward_analysis::{Question, explain};

fn export(endpoint: &str) -> Result<Export, BadQuestion> {
    Server::connect_with(endpoint, NOW, &environment)?.export()
}

/// 2026-01-02T03:04:05Z.
const NOW: i64 = 1_767_323_045;

fn environment(name: &str) -> Option<String> {
    match name {
        "AWS_ACCESS_KEY_ID" => Some("AKIAEXAMPLEEXAMPLE12".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("secret".to_owned()),
        "AWS_SESSION_TOKEN" => Some("token".to_owned()),
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        _ => None,
    }
}

/// Answers one request after another with what is given, checks the signature of each, and returns their bodies.
fn serve(answers: Vec<(u16, String)>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let mut bodies = Vec::new();
        for (status, answer) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let body = check_signature(&read(&mut stream));
            bodies.push(body);
            let length = answer.len();
            write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}").unwrap();
        }
        bodies
    });
    (endpoint, thread)
}

fn read(stream: &mut std::net::TcpStream) -> String {
    let mut text = String::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk).unwrap();
        text.push_str(std::str::from_utf8(&chunk[..count]).unwrap());
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap() {
                return text;
            }
        }
        assert!(count > 0, "{text}");
    }
}

fn check_signature(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("POST / HTTP/1.1"));
    let headers: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    let parts = RequestParts {
        method: "POST",
        headers: &headers,
        payload: Payload::Body(body.as_bytes()),
        ..RequestParts::get("/")
    };
    let signed = SignedRequest::parse(&parts, &Expected::new(&["iam"]), NOW).unwrap();
    signed
        .verify(&signed.derive_key(&SecretKey::new("secret".to_owned())))
        .unwrap();
    assert_eq!(
        (signed.access_key_id(), signed.region()),
        ("AKIAEXAMPLEEXAMPLE12", "eu-central-1")
    );
    body.to_owned()
}

fn page(content: &str, marker: Option<&str>) -> String {
    let more = match marker {
        None => "<IsTruncated>false</IsTruncated>".to_owned(),
        Some(marker) => format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>"),
    };
    format!(
        "<GetAccountAuthorizationDetailsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
         <GetAccountAuthorizationDetailsResult>{more}{content}</GetAccountAuthorizationDetailsResult>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetAccountAuthorizationDetailsResponse>"
    )
}

const USERS: &str = "<UserDetailList><member><Path>/</Path><UserName>alice</UserName><UserId>AIDAQ</UserId>\
    <Arn>arn:aws:iam::111122223333:user/alice</Arn><UserPolicyList><member><PolicyName>Home</PolicyName>\
    <PolicyDocument>%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Ahome%2F%24%7Baws%3APrincipalTag%2Fteam%7D%2F%2A%22%7D%7D</PolicyDocument>\
    </member></UserPolicyList><GroupList><member>staff</member></GroupList><AttachedManagedPolicies/>\
    <PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
    <PermissionsBoundaryArn>arn:aws:iam::111122223333:policy/B</PermissionsBoundaryArn></PermissionsBoundary>\
    <Tags><member><Key>team</Key><Value>red &amp; blue</Value></member></Tags></member></UserDetailList>";

const REST: &str = "<GroupDetailList><member><GroupName>staff</GroupName><Arn>arn:aws:iam::111122223333:group/staff</Arn>\
    <AttachedManagedPolicies><member><PolicyName>D</PolicyName><PolicyArn>arn:aws:iam::111122223333:policy/D</PolicyArn>\
    </member></AttachedManagedPolicies></member></GroupDetailList><Policies><member><PolicyName>B</PolicyName>\
    <Arn>arn:aws:iam::111122223333:policy/B</Arn><DefaultVersionId>v1</DefaultVersionId><PolicyVersionList><member>\
    <Document>%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D</Document>\
    <VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion></member></PolicyVersionList></member><member>\
    <PolicyName>D</PolicyName><Arn>arn:aws:iam::111122223333:policy/D</Arn><PolicyVersionList><member>\
    <Document>%7B%22Statement%22%3A%7B%22Effect%22%3A%22Deny%22%2C%22Action%22%3A%22s3%3ADelete%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D</Document>\
    <VersionId>v3</VersionId><IsDefaultVersion>true</IsDefaultVersion></member></PolicyVersionList></member></Policies>";

#[test]
fn all_pages() {
    let (endpoint, server) = serve(vec![
        (200, page(USERS, Some("m/1="))),
        (200, page(REST, None)),
    ]);
    let source = export(&endpoint).unwrap();
    assert_eq!(
        server.join().unwrap(),
        [
            "Action=GetAccountAuthorizationDetails&Version=2010-05-08&MaxItems=1000",
            "Action=GetAccountAuthorizationDetails&Version=2010-05-08&MaxItems=1000&Marker=m%2F1%3D",
        ]
    );
    let ask = |action: &str| {
        let alice = "arn:aws:iam::111122223333:user/alice";
        let question = Question::new(alice, action, "arn:aws:s3:::home/red & blue/x", &[]).unwrap();
        explain(&source, &question, NOW).unwrap().decision
    };
    assert!(matches!(ask("s3:GetObject"), Decision::Allow(_)));
    assert!(matches!(ask("s3:DeleteObject"), Decision::ExplicitDeny(_)));
    assert!(matches!(ask("sqs:SendMessage"), Decision::ImplicitDeny(_)));
}

#[test]
fn errors_are_one_line() {
    let denied = "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\n  <Error>\n    <Type>Sender</Type>\n    \
                  <Code>AccessDenied</Code>\n    <Message>User: x is not authorized</Message>\n  </Error>\n  \
                  <RequestId>r</RequestId>\n</ErrorResponse>\n";
    for (status, answer, expected) in [
        (
            403,
            denied.to_owned(),
            "answers AccessDenied: User: x is not authorized",
        ),
        (502, "<html>Bad gateway</html>".to_owned(), "status 502"),
        (200, "hello".to_owned(), "is not XML"),
        (
            200,
            "<A/>".to_owned(),
            "is not one to GetAccountAuthorizationDetails",
        ),
        (
            200,
            page("<IsTruncated>true</IsTruncated>", None).replacen(
                "<IsTruncated>false</IsTruncated>",
                "",
                1,
            ),
            "not where",
        ),
    ] {
        let (endpoint, server) = serve(vec![(status, answer)]);
        let message = export(&endpoint).unwrap_err().to_string();
        server.join().unwrap();
        assert!(
            message.contains(expected) && !message.contains('\n'),
            "{message}"
        );
    }
}

#[test]
fn servers_that_are_not_there() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for (endpoint, expected) in [
        (
            format!("http://127.0.0.1:{port}"),
            "can't reach http://127.0.0.1",
        ),
        ("127.0.0.1:7600".to_owned(), "is not of the form"),
        ("ftp://127.0.0.1".to_owned(), "is not of the form"),
        ("http://a:b@127.0.0.1".to_owned(), "is not of the form"),
        ("http://127.0.0.1?x=y".to_owned(), "is not of the form"),
        (String::new(), "is not of the form"),
    ] {
        let message = export(&endpoint).unwrap_err().to_string();
        assert!(
            message.contains(expected) && !message.contains('\n'),
            "{message}"
        );
    }
}
