//! The endpoints of the API, each of which is a folder of the inbox.

use std::fmt;

/// An endpoint that requests are answered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Validates every customer of a list and saves an assessment for each accepted one.
    BatchCustomers,
    /// The same checks; saves no assessment and takes no communicationNumber.
    ValidateBatchCustomers,
    /// One customer, imported or to be evaluated, with screening.
    Customer,
    /// One occasional customer, of whom less is mandatory.
    SimplifiedCustomer,
}

impl Endpoint {
    /// Every endpoint, in the order of the contract.
    pub const ALL: [Endpoint; 4] = [
        Endpoint::BatchCustomers,
        Endpoint::ValidateBatchCustomers,
        Endpoint::Customer,
        Endpoint::SimplifiedCustomer,
    ];

    /// The name as it stands in a path of the API and as the name of a folder.
    pub const fn name(self) -> &'static str {
        match self {
            Endpoint::BatchCustomers => "batch-customers",
            Endpoint::ValidateBatchCustomers => "validate-batch-customers",
            Endpoint::Customer => "customer",
            Endpoint::SimplifiedCustomer => "simplifiedcustomer",
        }
    }

    /// The endpoint that a folder of this name stands for, in any of its accepted spellings.
    pub fn from_name(name: &str) -> Option<Endpoint> {
        match name {
            "simplified-customer" | "simplifiedCustomer" => Some(Endpoint::SimplifiedCustomer),
            _ => Endpoint::ALL.into_iter().find(|e| e.name() == name),
        }
    }

    /// Whether the body is a list of customers (else it is one customer).
    pub const fn is_batch(self) -> bool {
        matches!(
            self,
            Endpoint::BatchCustomers | Endpoint::ValidateBatchCustomers
        )
    }

    /// Whether an accepted customer is kept as an assessment.
    pub const fn saves(self) -> bool {
        !matches!(self, Endpoint::ValidateBatchCustomers)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of endpoints: where a rule applies, where a field is mandatory or ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints(u8);

impl Endpoints {
    pub const NONE: Endpoints = Endpoints(0);
    pub const ALL: Endpoints = Endpoints(0b1111);
    pub const BATCHES: Endpoints =
        Endpoints::of(&[Endpoint::BatchCustomers, Endpoint::ValidateBatchCustomers]);
    pub const SINGLES: Endpoints =
        Endpoints::of(&[Endpoint::Customer, Endpoint::SimplifiedCustomer]);
    pub const CUSTOMER: Endpoints = Endpoints::of(&[Endpoint::Customer]);
    pub const SIMPLIFIED: Endpoints = Endpoints::of(&[Endpoint::SimplifiedCustomer]);
    /// Every endpoint for regular customers.
    pub const REGULAR: Endpoints = Endpoints::of(&[
        Endpoint::BatchCustomers,
        Endpoint::ValidateBatchCustomers,
        Endpoint::Customer,
    ]);

    /// The set of these endpoints.
    pub const fn of(list: &[Endpoint]) -> Endpoints {
        let mut bits = 0;
        let mut i = 0;
        while i < list.len() {
            bits |= list[i].bit();
            i += 1;
        }
        Endpoints(bits)
    }

    /// Whether the endpoint belongs to the set.
    pub const fn has(self, endpoint: Endpoint) -> bool {
        self.0 & endpoint.bit() != 0
    }

    /// The endpoints of the set, in order.
    pub fn iter(self) -> impl Iterator<Item = Endpoint> {
        Endpoint::ALL.into_iter().filter(move |e| self.has(*e))
    }
}

impl fmt::Display for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Endpoints::ALL {
            return f.write_str("all");
        }
        for (i, endpoint) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(endpoint.name())?;
        }
        Ok(())
    }
}
