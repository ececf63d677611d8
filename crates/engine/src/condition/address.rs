//! IP addresses and ranges of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns whether a range in CIDR notation contains an address; `None` where one of them cannot be read.
///
/// A range without a prefix is the address alone. An IPv4 address written as IPv6 (`::ffff:a.b.c.d`) is that IPv4
/// address; else the two kinds never contain each other.
// SOURCE: spec/policy-language.md §6, IP.
pub(super) fn contains(range: &str, address: &str) -> Option<bool> {
    let address = parse(address)?;
    let (network, prefix) = match range.split_once('/') {
        None => (range, None),
        Some((network, prefix)) => (network, Some(parse_prefix(prefix)?)),
    };
    match parse_as_written(network)? {
        IpAddr::V4(network) => in_v4(network, prefix.unwrap_or(32), address),
        IpAddr::V6(network) => match (network.to_ipv4_mapped(), prefix.unwrap_or(128)) {
            (Some(network), prefix @ 96..=128) => {
                in_v4(network, prefix.saturating_sub(96), address)
            }
            (_, prefix) => in_v6(network, prefix, address),
        },
    }
}

fn parse(text: &str) -> Option<IpAddr> {
    parse_as_written(text).map(|address| address.to_canonical())
}

fn parse_as_written(text: &str) -> Option<IpAddr> {
    parse_v4(text).map(IpAddr::V4).or_else(|| text.parse().ok())
}

/// Reads the common form of the common kind; whatever it does not take is read in full.
fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let (mut bits, mut octet, mut digits, mut dots) = (0_u32, 0_u32, 0_u32, 0_u32);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' if digits == 0 || (octet > 0 && digits < 3) => {
                octet = octet
                    .wrapping_mul(10)
                    .wrapping_add(u32::from(byte.wrapping_sub(b'0')));
                digits = digits.wrapping_add(1);
            }
            b'.' if digits > 0 && octet < 256 && dots < 3 => {
                bits = bits << 8 | octet;
                (octet, digits) = (0, 0);
                dots = dots.wrapping_add(1);
            }
            _ => return None,
        }
    }
    (dots == 3 && digits > 0 && octet < 256).then(|| Ipv4Addr::from_bits(bits << 8 | octet))
}

fn parse_prefix(text: &str) -> Option<u32> {
    let is_number = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

fn in_v4(network: Ipv4Addr, prefix: u32, address: IpAddr) -> Option<bool> {
    let unused = 32_u32.checked_sub(prefix)?;
    Some(match address {
        IpAddr::V4(address) => {
            let differing = network.to_bits() ^ address.to_bits();
            differing.checked_shr(unused).unwrap_or(0) == 0
        }
        IpAddr::V6(_) => false,
    })
}

fn in_v6(network: Ipv6Addr, prefix: u32, address: IpAddr) -> Option<bool> {
    let unused = 128_u32.checked_sub(prefix)?;
    Some(match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => {
            let differing = network.to_bits() ^ address.to_bits();
            differing.checked_shr(unused).unwrap_or(0) == 0
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_version_4_as_the_library_does() {
        for text in [
            "0.0.0.0",
            "255.255.255.255",
            "1.2.3.4",
            "10.200.30.4",
            "256.1.1.1",
            "1.1.1.256",
            "1.1.1",
            "1.1.1.1.1",
            "01.1.1.1",
            "00.1.1.1",
            "1.1.1.",
            ".1.1.1",
            "1..1.1",
            "",
            "1.1.1.1 ",
            "+1.1.1.1",
            "1.1.1.1000",
            "1.1.1.099",
            "::1",
            "::ffff:1.2.3.4",
            "a.b.c.d",
        ] {
            assert_eq!(parse_v4(text), text.parse().ok(), "{text}");
            assert_eq!(parse_as_written(text), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn finds_addresses_in_ranges() {
        for (range, address, expected) in [
            ("10.0.0.0/8", "10.1.2.3", Some(true)),
            ("10.0.0.0/8", "11.1.2.3", Some(false)),
            ("10.9.9.9/8", "10.1.2.3", Some(true)),
            ("10.1.2.3", "10.1.2.3", Some(true)),
            ("10.1.2.3", "10.1.2.4", Some(false)),
            ("10.1.2.3/32", "10.1.2.3", Some(true)),
            ("0.0.0.0/0", "255.1.2.3", Some(true)),
            ("0.0.0.0/0", "2001:db8::1", Some(false)),
            ("::/0", "2001:db8::1", Some(true)),
            ("::/0", "10.1.2.3", Some(false)),
            ("2001:db8::/32", "2001:db8:1::1", Some(true)),
            ("2001:DB8::/32", "2001:db9::1", Some(false)),
            ("2001:db8::1", "2001:db8::1", Some(true)),
            ("2001:db8::1", "2001:db8::2", Some(false)),
            ("10.0.0.0/8", "::ffff:10.1.2.3", Some(true)),
            ("::ffff:10.0.0.0/104", "10.1.2.3", Some(true)),
            ("::ffff:10.1.2.3", "10.1.2.3", Some(true)),
            ("::ffff:0:0/95", "10.1.2.3", Some(false)),
            ("10.0.0.0/33", "10.1.2.3", None),
            ("::/129", "::1", None),
            ("10.0.0.0/", "10.1.2.3", None),
            ("10.0.0.0/+8", "10.1.2.3", None),
            ("10.0.0/8", "10.1.2.3", None),
            ("010.0.0.0/8", "10.1.2.3", None),
            ("10.0.0.0/8", "10.1.2.3/32", None),
            ("10.0.0.0/8", "", None),
            ("10.0.0.0/8", "10.1.2.3:80", None),
            ("*", "10.1.2.3", None),
        ] {
            assert_eq!(contains(range, address), expected, "{range} {address}");
        }
    }
}
