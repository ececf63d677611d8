//! The connection that a request came on, and how far its packets go.

use std::io;
use std::sync::Arc;

use socket2::{SockRef, Socket};
use tokio::net::TcpStream;

/// A connection, beside the one who serves it.
#[derive(Clone, Debug)]
pub(crate) struct Connection(Arc<Socket>);

impl Connection {
    /// Takes hold of a connection; it ends when this and the stream are dropped.
    pub(crate) fn of(stream: &TcpStream) -> io::Result<Self> {
        SockRef::from(stream)
            .try_clone()
            .map(|socket| Self(Arc::new(socket)))
    }

    /// Lets the packets of what is answered from now on pass fewer routers than `hops`: 1 is this machine and its own
    /// network alone. It holds to the end of the connection, since a packet that is sent again must not go further than
    /// it was meant to the first time.
    pub(crate) fn limit_hops(&self, hops: u8) -> io::Result<()> {
        let hops = u32::from(hops);
        if self.0.local_addr()?.is_ipv6() {
            self.0.set_unicast_hops_v6(hops)?;
        }
        // Also for IPv4 on a socket of IPv6.
        self.0.set_ttl_v4(hops)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_hops_are_those_of_the_stream_itself() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            // A machine need not have IPv6.
            let Ok(listener) = tokio::net::TcpListener::bind(address).await else {
                continue;
            };
            let near = TcpStream::connect(listener.local_addr().unwrap());
            let (near, far) = tokio::join!(near, listener.accept());
            let (_near, (far, _)) = (near.unwrap(), far.unwrap());
            Connection::of(&far).unwrap().limit_hops(3).unwrap();
            let socket = SockRef::from(&far);
            assert_eq!(socket.ttl_v4().unwrap(), 3);
            if address.starts_with('[') {
                assert_eq!(socket.unicast_hops_v6().unwrap(), 3);
            }
        }
    }
}
