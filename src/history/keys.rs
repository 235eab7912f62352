//! The hashes by which the ledger finds communicationNumbers and customers.

use std::hash::Hasher;

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};
use siphasher::sip::SipHasher13;

use crate::trouble::Result;

/// So many bits of a hash count in a new database: SQLite keeps a key of 35 bits in 5 bytes, one of
/// 64 in 9, and one in thousands of new customers meets a hash that is taken when there are millions.
const BITS: u32 = 35;

/// The key of the hashes, random for each database, so that nobody can make texts collide.
#[derive(Clone, Copy)]
pub struct Keys {
    k0: u64,
    k1: u64,
    /// The bits of a hash that count.
    pub(super) mask: u64,
}

impl Keys {
    /// The keys of this database, made at the first opening.
    pub(super) fn of(conn: &Connection) -> Result<Keys> {
        let select = "SELECT value FROM setting WHERE name = 'hash_key'";
        let known: Option<Vec<u8>> = conn.query_row(select, [], |r| r.get(0)).optional()?;
        let bytes = match known {
            Some(bytes) => bytes,
            None => {
                conn.execute(
                    "INSERT INTO setting (name, value)
                     VALUES ('hash_key', randomblob(16)), ('hash_bits', ?1)",
                    [BITS],
                )?;
                conn.query_row(select, [], |r| r.get(0))?
            }
        };
        // The first databases have keys of all bits, and do not say so.
        let bits: Option<u32> = conn
            .query_row(
                "SELECT value FROM setting WHERE name = 'hash_bits'",
                [],
                |r| r.get(0),
            )
            .optional()?;
        let bits = bits.unwrap_or(64);
        let half = |range: std::ops::Range<usize>| {
            let mut eight = [0; 8];
            if let Some(part) = bytes.get(range) {
                eight.copy_from_slice(part);
            }
            u64::from_le_bytes(eight)
        };
        Ok(Keys {
            k0: half(0..8),
            k1: half(8..16),
            mask: u64::MAX >> (64 - bits.clamp(1, 64)),
        })
    }

    /// A name for the database that is made from its key and does not give it away.
    pub(super) fn identity(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"identity of a history of kycdrop\n");
        hash.update(self.k0.to_le_bytes());
        hash.update(self.k1.to_le_bytes());
        crate::hex(hash.finalize().get(..16).unwrap_or_default())
    }

    pub(super) fn number(&self, communication_number: &str) -> i64 {
        let mut hasher = SipHasher13::new_with_keys(self.k0, self.k1);
        hasher.write(communication_number.as_bytes());
        (hasher.finish() & self.mask) as i64
    }

    pub(super) fn customer(&self, business_unit: Option<&str>, ext_id: &str) -> i64 {
        let mut hasher = SipHasher13::new_with_keys(self.k0, self.k1);
        if let Some(unit) = business_unit {
            hasher.write_u64(unit.len() as u64);
            hasher.write(unit.as_bytes());
        }
        hasher.write(ext_id.as_bytes());
        (hasher.finish() & self.mask) as i64
    }
}
