//! A keep-alive connection that sends bytes and reads whole answers, and does next to nothing else.

use std::net::SocketAddr;

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The largest answer that is read; none of a bench is near it.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// A connection with no request under way.
pub(crate) struct Connection {
    address: SocketAddr,
    /// `None` where the server closed it after its last answer, as it said it would.
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// The head of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Where the body begins.
    body: usize,
    /// Where the body ends.
    end: usize,
    /// Whether the server closes the connection after it.
    closes: bool,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self {
            address,
            stream: Some(connect(address).await?),
            buffer: Vec::with_capacity(4096),
        })
    }

    /// Sends a request and returns the body of its answer; any status but 200 is an error.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address).await?,
        };
        stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            ensure!(
                stream.read_buf(&mut self.buffer).await? > 0,
                "the server closed the connection"
            );
            ensure!(
                self.buffer.len() < LARGEST_ANSWER,
                "the answer is too large"
            );
            if let Some(head) = head(&self.buffer)?
                && self.buffer.len() >= head.end
            {
                break head;
            }
        };
        ensure!(
            self.buffer.len() == head.end,
            "bytes follow the answer's body"
        );
        if !head.closes {
            self.stream = Some(stream);
        }
        let body = self.buffer.get(head.body..).unwrap_or_default();
        if head.status != 200 {
            bail!(
                "the server answered {}: {}",
                head.status,
                String::from_utf8_lossy(body)
            );
        }
        Ok(body)
    }
}

async fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await.context("can't connect")?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads a head with a `Content-Length`; `None` where its end has not come yet.
fn head(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
    let Some(length) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(bytes.get(..length).unwrap_or_default())?;
    let mut lines = text.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1."))
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .context("the answer has no status")?;
    let header = |wanted: &str| {
        let mut fields = text.split("\r\n").filter_map(|line| line.split_once(':'));
        let found = fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim())
    };
    let content_length: usize = header("content-length")
        .and_then(|value| value.parse().ok())
        .context("the answer has no length")?;
    let closes = header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let body = length + 4;
    Ok(Some(Head {
        status,
        body,
        end: body + content_length,
        closes,
    }))
}

#[cfg(test)]
mod tests {
    use super::{Head, head};

    fn check(text: &str, expected: Option<(u16, usize, usize)>) {
        let expected = expected.map(|(status, body, end)| Head {
            status,
            body,
            end,
            closes: text.contains("close"),
        });
        assert_eq!(head(text.as_bytes()).unwrap(), expected, "{text:?}");
    }

    #[test]
    fn heads() {
        check("", None);
        check("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n", None);
        check(
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe",
            Some((200, 38, 43)),
        );
        check(
            "HTTP/1.1 403 Forbidden\r\nA: b\r\nContent-Length:0\r\n\r\n",
            Some((403, 50, 50)),
        );
        check(
            "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            Some((200, 57, 57)),
        );
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for text in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "SSH-2.0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        ] {
            assert!(head(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
