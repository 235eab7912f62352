//! New customers of a chunk enter the key tables before their rows are written, in the order of the
//! keys: keys are hashes, so in the order of the file each would be looked for somewhere else.
//!
//! Only those enter here of whom nobody else in the chunk has a key: for them it makes no difference
//! that they come before their turn. All others are judged one by one, in the order of the file.

use crate::catalog::Action;
use crate::trouble::Result;
use crate::validate::{Facts, Judged};

use super::ledger::{Ledger, names};

/// A key, and which customer of the chunk has it.
type Keyed = (i64, u32);

impl Ledger<'_> {
    /// Takes the numbers and makes the customers of all who want to be new and are. Returns for each
    /// whether that was done; the others are as they were. The assessment of the customer with the
    /// number i in the chunk is to get the number `first + i`.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(super) fn enter_new(
        &mut self,
        customers: &[Judged],
        facts: &Facts,
        first: i64,
    ) -> Result<Vec<bool>> {
        let mut entered = vec![false; customers.len()];
        if self.is_trial() {
            return Ok(entered);
        }
        let mut numbers: Vec<Keyed> = Vec::with_capacity(customers.len());
        let mut clients: Vec<Keyed> = Vec::with_capacity(customers.len());
        for (i, customer) in (0u32..).zip(customers) {
            if customer.findings.is_empty() {
                let (number, unit, ext_id) = names(&customer.summary, facts);
                numbers.push((self.keys().number(number), i));
                clients.push((self.keys().customer(unit, ext_id), i));
                entered[i as usize] = customer.summary.action == Action::Create;
            }
        }
        leave_out_shared(&mut numbers, &mut entered);
        leave_out_shared(&mut clients, &mut entered);
        let sql = self.statements();
        // A key that is free says that no text with its hash is there: rows never go.
        for (key, i) in numbers {
            let chosen = &mut entered[i as usize];
            *chosen = *chosen && sql.new_number.execute([key, first + i64::from(i)])? == 1;
        }
        let mut known = Vec::new();
        for (key, i) in clients {
            if entered[i as usize] && sql.new_customer.execute([key, first + i64::from(i)])? == 0 {
                known.push(i);
            }
        }
        for i in known {
            entered[i as usize] = false;
            let (number, ..) = names(&customers[i as usize].summary, facts);
            let key = self.keys().number(number);
            self.free_number(key)?;
        }
        Ok(entered)
    }
}

/// Sorts, and chooses nobody who shares a key with another.
fn leave_out_shared(keyed: &mut [Keyed], chosen: &mut [bool]) {
    keyed.sort_unstable();
    for pair in keyed.windows(2) {
        if pair[0].0 == pair[1].0 {
            chosen[pair[0].1 as usize] = false;
            chosen[pair[1].1 as usize] = false;
        }
    }
}
