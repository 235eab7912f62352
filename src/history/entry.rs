//! New customers of a chunk enter the key tables before their rows are written, in the order of the
//! keys: keys are hashes, so in the order of the file each would be looked for somewhere else.
//!
//! Only those enter here of whom nobody else in the chunk has a key: for them it makes no difference
//! that they come before their turn. All others are judged one by one, in the order of the file.

use crate::catalog::Action;
use crate::trouble::Result;
use crate::validate::{Judged, TextPool};

use super::rules::{HistoryRules, names};

/// A key, and which customer of the chunk has it.
type Keyed = (i64, u32);

impl HistoryRules<'_> {
    /// Takes the numbers and makes the customers of all who want to be new and are. Returns for each
    /// whether that was done; the others are as they were. The assessment of the customer with the
    /// number i in the chunk is to get the number `first + i`.
    ///
    /// # Errors
    /// When the database cannot be written.
    #[expect(
        clippy::indexing_slicing,
        reason = "there is a place in `inserted` for each of `customers`"
    )]
    pub(super) fn insert_new_keys(
        &mut self,
        customers: &[Judged],
        texts: &TextPool,
        first: i64,
    ) -> Result<Vec<bool>> {
        let mut inserted = vec![false; customers.len()];
        if self.is_trial() {
            return Ok(inserted);
        }
        let mut numbers: Vec<Keyed> = Vec::with_capacity(customers.len());
        let mut clients: Vec<Keyed> = Vec::with_capacity(customers.len());
        for (i, customer) in (0u32..).zip(customers) {
            if customer.findings.is_empty() {
                let (number, unit, ext_id) = names(&customer.summary, texts);
                numbers.push((self.keys().number(number), i));
                clients.push((self.keys().customer(unit, ext_id), i));
                inserted[i as usize] = customer.summary.action == Action::Create;
            }
        }
        leave_out_shared(&mut numbers, &mut inserted);
        leave_out_shared(&mut clients, &mut inserted);
        let sql = self.statements();
        // A key that is free says that no text with its hash is there: rows never go.
        for (key, i) in numbers {
            let chosen = &mut inserted[i as usize];
            *chosen = *chosen && sql.new_number.execute([key, first + i64::from(i)])? == 1;
        }
        let mut known = Vec::new();
        for (key, i) in clients {
            if inserted[i as usize] && sql.new_customer.execute([key, first + i64::from(i)])? == 0 {
                known.push(i);
            }
        }
        for i in known {
            inserted[i as usize] = false;
            let (number, ..) = names(&customers[i as usize].summary, texts);
            let key = self.keys().number(number);
            self.free_number(key)?;
        }
        Ok(inserted)
    }
}

/// Sorts, and chooses nobody who shares a key with another.
#[expect(
    clippy::indexing_slicing,
    reason = "a window of two has two; each index is that of a customer"
)]
fn leave_out_shared(keyed: &mut [Keyed], chosen: &mut [bool]) {
    keyed.sort_unstable();
    for pair in keyed.windows(2) {
        if pair[0].0 == pair[1].0 {
            chosen[pair[0].1 as usize] = false;
            chosen[pair[1].1 as usize] = false;
        }
    }
}
