//! The words of the contract: enumerations of which each value has one word, in requests, in
//! classifier files and in the history.

/// Defines an enum whose values each have a word, written once beside the value. The words are those
/// of the contract, of kycdrop's pages or of the history.
macro_rules! words {
    (
        $(#[$doc:meta])*
        pub enum $name:ident { $($(#[$value_doc:meta])* $value:ident = $word:literal),+ $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$value_doc])* $value),+ }

        impl $name {
            /// The words of all values, in the order of the contract.
            pub const NAMES: &[&str] = &[$($word),+];

            /// All values, in the order of the contract.
            pub const ALL: [$name; $name::NAMES.len()] = [$($name::$value),+];

            /// The word of the value.
            pub const fn name(self) -> &'static str {
                match self { $($name::$value => $word),+ }
            }

            /// The value with this index in [`Self::NAMES`]; None where there is none.
            pub fn from_index(index: usize) -> Option<$name> {
                $name::ALL.get(index).copied()
            }

            /// The value with this word; None where there is none.
            pub fn from_name(word: &str) -> Option<$name> {
                $name::ALL.into_iter().find(|value| value.name() == word)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<$name, D::Error> {
                let word = String::deserialize(from)?;
                let unknown = || serde::de::Error::unknown_variant(&word, $name::NAMES);
                $name::from_name(&word).ok_or_else(unknown)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What a customer or a related entity is.
    pub enum EntityType {
        /// A person.
        Individual = "INDIVIDUAL",
        /// A company or another legal entity.
        Organization = "ORGANIZATION",
    }
}

words! {
    /// What kind of customer a risk management category makes.
    pub enum CategoryKind {
        /// A customer of the ordinary endpoints.
        Regular = "regular",
        /// Somebody who is not a customer yet.
        Lead = "lead",
        /// An occasional customer.
        Simplified = "simplified",
    }
}

words! {
    /// What a request does with its customer.
    #[derive(Default)]
    pub enum Action {
        /// Makes a new customer, or adds an assessment to one.
        #[default]
        Create = "CREATE",
        /// Changes an existing customer.
        Update = "UPDATE",
    }
}

words! {
    /// Where the risk level comes from.
    #[derive(Default)]
    pub enum RiskLevelSource {
        /// The request gives it.
        #[default]
        Import = "IMPORT",
        /// The institution's risk matrix for the customer's category finds it.
        Evaluate = "EVALUATE",
    }
}

words! {
    /// How risky a customer is, from the least.
    #[derive(PartialOrd, Ord)]
    pub enum RiskLevel {
        /// Not rated.
        None = "NONE",
        /// Simplified or ordinary diligence.
        Low = "LOW",
        /// Ordinary diligence.
        Medium = "MEDIUM",
        /// Enhanced diligence.
        High = "HIGH",
        /// Hardly acceptable.
        Extreme = "EXTREME",
    }
}

words! {
    /// What a customer is screened for.
    #[derive(PartialOrd, Ord)]
    pub enum ScreeningProcess {
        /// Lists of sanctions.
        Sanctions = "SANCTIONS",
        /// Lists of politically exposed persons.
        Pep = "PEP",
        /// Reports in the media.
        AdverseMedia = "ADVERSE_MEDIA",
        /// Lists of the institution's own.
        InternalList = "INTERNAL_LIST",
    }
}

words! {
    /// What the value of an additional value reads as.
    pub enum Datatype {
        /// Any text.
        String = "STRING",
        /// Digits with an optional sign.
        Integer = "INTEGER",
        /// A number, with a decimal point and an exponent if need be.
        Decimal = "DECIMAL",
        /// A calendar day.
        Date = "DATE",
        /// A day and a time.
        Timestamp = "TIMESTAMP",
        /// `true` or `false`.
        Boolean = "BOOLEAN",
    }
}
