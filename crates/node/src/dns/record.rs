//! Resource records and answers.
//!
//! Models the presentation format of RFC 1035, as miekg/dns prints it with single spaces.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// Another name for the name.
    Cname,
    /// The name of an address.
    Ptr,
    /// A service's ports and targets.
    Srv,
    /// Text.
    Txt,
    /// The zone's authority.
    Soa,
    /// The zone's servers.
    Ns,
    /// Anything; CoreDNS answers with nothing.
    Any,
}

impl RecordType {
    const NAMES: [(RecordType, &str); 9] = [
        (RecordType::A, "A"),
        (RecordType::Aaaa, "AAAA"),
        (RecordType::Cname, "CNAME"),
        (RecordType::Ptr, "PTR"),
        (RecordType::Srv, "SRV"),
        (RecordType::Txt, "TXT"),
        (RecordType::Soa, "SOA"),
        (RecordType::Ns, "NS"),
        (RecordType::Any, "ANY"),
    ];

    /// The type of that name, e.g. `SRV`; case does not matter.
    pub fn parse(name: &str) -> Option<RecordType> {
        Self::NAMES.into_iter().find(|(_, n)| n.eq_ignore_ascii_case(name)).map(|(t, _)| t)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAMES.iter().find(|(t, _)| t == self).map_or("", |(_, name)| name))
    }
}

/// How a question was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rcode {
    /// The name exists; there may still be no record of the type.
    NoError,
    /// The name does not exist.
    NxDomain,
    /// The name is in no zone of this server, and it asks no other one.
    ServFail,
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rcode::NoError => "NOERROR",
            Rcode::NxDomain => "NXDOMAIN",
            Rcode::ServFail => "SERVFAIL",
        })
    }
}

/// What a record says. Names are fully qualified, with the final dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// The canonical name.
    Cname(String),
    /// The name of an address.
    Ptr(String),
    /// A port on a target, priority 0.
    Srv {
        /// The share of the requests, of 100.
        weight: u16,
        /// The port.
        port: u16,
        /// The target's name.
        target: String,
    },
    /// Text.
    Txt(String),
    /// The authority of the zone.
    Soa {
        /// The zone's serial.
        serial: u64,
    },
    /// A name server.
    Ns(String),
}

impl Data {
    /// The record's type.
    pub fn record_type(&self) -> RecordType {
        match self {
            Data::A(_) => RecordType::A,
            Data::Aaaa(_) => RecordType::Aaaa,
            Data::Cname(_) => RecordType::Cname,
            Data::Ptr(_) => RecordType::Ptr,
            Data::Srv { .. } => RecordType::Srv,
            Data::Txt(_) => RecordType::Txt,
            Data::Soa { .. } => RecordType::Soa,
            Data::Ns(_) => RecordType::Ns,
        }
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Data::A(ip) => write!(f, "{ip}"),
            Data::Aaaa(ip) => write!(f, "{ip}"),
            Data::Cname(name) | Data::Ptr(name) | Data::Ns(name) => f.write_str(name),
            Data::Srv { weight, port, target } => write!(f, "0 {weight} {port} {target}"),
            Data::Txt(text) => write!(f, "\"{text}\""),
            Data::Soa { serial } => {
                write!(f, "ns.dns.cluster.local. hostmaster.cluster.local. {serial} 7200 1800 86400 30")
            }
        }
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whom it is about, fully qualified, with the final dot.
    pub name: String,
    /// For how many seconds it may be kept.
    pub ttl: u32,
    /// What it says.
    pub data: Data,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} IN {} {}", self.name, self.ttl, self.data.record_type(), self.data)
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How it went.
    pub rcode: Rcode,
    /// Whether the server is an authority for the name.
    pub authoritative: bool,
    /// The records asked for.
    pub answer: Vec<Record>,
    /// The zone's authority, with an empty answer.
    pub authority: Vec<Record>,
    /// The addresses of the targets named in the answer.
    pub additional: Vec<Record>,
}
