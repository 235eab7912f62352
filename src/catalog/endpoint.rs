//! The endpoints of the API, each of which is a folder of the inbox. One row says everything in
//! which they differ: rules and fields refer to what an endpoint does, not to its name.

use std::fmt;

use crate::invisible::as_it_looks;
use crate::text::nearest;

use self::{CustomerKind::*, ReplyKind::*};

/// What an endpoint answers a request with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    /// The body is a list of customers; the reply has a result for each.
    Results,
    /// The body is one customer; the reply has its first error, if it was rejected.
    FirstError,
    /// The body is one customer; the reply has all its errors, if it was rejected.
    AllErrors,
}

/// Whom an endpoint takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerKind {
    /// Regular customers and leads.
    Regular,
    /// Occasional customers, of whom less is mandatory.
    Simplified,
}

struct Row {
    name: &'static str,
    /// Other spellings that a folder may have.
    other_names: &'static [&'static str],
    reply: ReplyKind,
    customers: CustomerKind,
    saves: bool,
    evaluates: bool,
}

macro_rules! endpoints {
    ($($(#[$doc:meta])* $endpoint:ident: $row:expr,)+) => {
        /// An endpoint that requests are answered for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Endpoint { $($(#[$doc])* $endpoint),+ }

        const ROWS: &[Row] = &[$($row),+];

        impl Endpoint {
            /// Every endpoint, in the order of the contract.
            pub const ALL: [Endpoint; ROWS.len()] = [$(Endpoint::$endpoint),+];
        }
    };
}

endpoints! {
    /// Validates every customer of a list and saves an assessment for each accepted one.
    BatchCustomers: Row { name: "batch-customers", other_names: &[], reply: Results, customers: Regular, saves: true, evaluates: false },
    /// Validates like batch-customers; saves no assessment and takes no communicationNumber.
    ValidateBatchCustomers: Row { name: "validate-batch-customers", other_names: &[], reply: Results, customers: Regular, saves: false, evaluates: false },
    /// One customer, imported or to be evaluated, with screening.
    Customer: Row { name: "customer", other_names: &[], reply: FirstError, customers: Regular, saves: true, evaluates: true },
    /// One occasional customer, of whom less is mandatory.
    SimplifiedCustomer: Row { name: "simplifiedcustomer", other_names: &["simplified-customer"], reply: AllErrors, customers: Simplified, saves: true, evaluates: false },
}

impl Endpoint {
    #[expect(
        clippy::indexing_slicing,
        reason = "the macro makes a row for each endpoint"
    )]
    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// The name in a path of the API, and of a folder.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The endpoint that a folder of this name stands for, in any of its accepted spellings and in
    /// any case.
    pub fn from_name(name: &str) -> Option<Endpoint> {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        let has = |e: &Endpoint| is(e.name()) || e.row().other_names.iter().any(|n| is(n));
        Endpoint::ALL.into_iter().find(has)
    }

    /// The endpoint that a folder of another name was probably meant for: `customers`,
    /// `batch_customers`, `validate`.
    pub fn meant_by(name: &str) -> Option<Endpoint> {
        // A word of fewer letters begins too much.
        const MIN_CHARS: usize = 4;
        let letters = |name: &str| -> String {
            let looks = as_it_looks(name).to_lowercase();
            looks.chars().filter(|c| c.is_alphanumeric()).collect()
        };
        let given = letters(name);
        let known = Endpoint::ALL.map(|e| letters(e.name()));
        let near = nearest(&given, known.iter().map(String::as_str));
        let begun = known.iter().find(|known| known.starts_with(&given));
        let begun = begun.filter(|_| given.chars().count() >= MIN_CHARS);
        let meant = near.or(begun.map(String::as_str))?;
        Endpoint::ALL
            .into_iter()
            .find(|e| letters(e.name()) == meant)
    }

    /// What a request is answered with.
    pub const fn reply_kind(self) -> ReplyKind {
        self.row().reply
    }

    /// Whom the endpoint takes.
    pub const fn customer_kind(self) -> CustomerKind {
        self.row().customers
    }

    /// Whether the body is a list of customers (else it is one customer).
    pub const fn is_batch(self) -> bool {
        matches!(self.reply_kind(), ReplyKind::Results)
    }

    /// Whether an accepted customer is kept as an assessment.
    pub const fn saves(self) -> bool {
        self.row().saves
    }

    /// The endpoint that saves what this one accepts: itself, or the one that it validates for.
    pub fn saving(self) -> Endpoint {
        let like_this = |e: &Endpoint| {
            e.saves()
                && e.reply_kind() == self.reply_kind()
                && e.customer_kind() == self.customer_kind()
        };
        Endpoint::ALL.into_iter().find(like_this).unwrap_or(self)
    }

    /// Whether a request may ask for the risk level; elsewhere it always gives it.
    pub const fn evaluates(self) -> bool {
        self.row().evaluates
    }

    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The folder of the inbox for decisions of people. It is ours: the API has no request for them.
pub const DECISIONS: &str = "decisions";

/// The folders that an inbox has: of every endpoint, and of decisions.
pub fn inbox_folders() -> impl Iterator<Item = &'static str> {
    let endpoints = Endpoint::ALL.into_iter().map(Endpoint::name);
    endpoints.chain([DECISIONS])
}

/// A set of endpoints: where a rule applies, where a field is mandatory or ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints(pub(super) u8);

/// The set of the endpoints for which the expression is true.
macro_rules! endpoints_where {
    (|$endpoint:ident| $is_in:expr) => {{
        let (mut bits, mut i) = (0, 0);
        while i < Endpoint::ALL.len() {
            #[expect(clippy::indexing_slicing, reason = "the loop ends with the array")]
            let $endpoint = Endpoint::ALL[i];
            if $is_in {
                bits |= $endpoint.bit();
            }
            i += 1;
        }
        Endpoints(bits)
    }};
}

impl Endpoints {
    /// No endpoint.
    pub const NONE: Endpoints = Endpoints(0);
    /// Every endpoint.
    pub const ALL: Endpoints = endpoints_where!(|e| true);
    /// Those that take a list of customers.
    pub const BATCHES: Endpoints = endpoints_where!(|e| e.is_batch());
    /// Those that take one customer.
    pub const SINGLES: Endpoints = endpoints_where!(|e| !e.is_batch());
    /// Those where a request may ask for the risk level.
    pub const EVALUATING: Endpoints = endpoints_where!(|e| e.evaluates());
    /// Those that are always given the risk level.
    pub const NOT_EVALUATING: Endpoints = endpoints_where!(|e| !e.evaluates());
    /// Those for occasional customers.
    pub const SIMPLIFIED: Endpoints =
        endpoints_where!(|e| matches!(e.customer_kind(), CustomerKind::Simplified));
    /// Those for regular customers.
    pub const REGULAR: Endpoints =
        endpoints_where!(|e| matches!(e.customer_kind(), CustomerKind::Regular));

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
