//! The schema of an endpoint and the validator agree on customers at random, sound ones and such with a
//! flaw, save for what docs/SCHEMA.md lists.

use std::sync::LazyLock;

use kycdrop::catalog::Endpoint;
use proptest::prelude::*;

use crate::flaw;
use crate::schemas::Asked;
use crate::sound::{self, Dice};

/// The schemas of an endpoint, without and with the codes of the shipped classifiers.
fn schemas(endpoint: Endpoint) -> &'static [Asked; 2] {
    static ALL: LazyLock<Vec<[Asked; 2]>> = LazyLock::new(|| {
        let both = |e| [Asked::at(e, None), Asked::at(e, Some(&crate::SHIPPED))];
        Endpoint::ALL.into_iter().map(both).collect()
    });
    &ALL[endpoint as usize]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() })]

    #[test]
    fn schema_and_validator_agree(
        rolls in crate::rolls(),
        choices in prop::collection::vec(any::<u16>(), 6),
        flawed in any::<bool>(),
        endpoint in prop::sample::select(Endpoint::ALL.as_slice()),
    ) {
        let sound = sound::customer(&mut Dice::new(&rolls), endpoint, "1");
        let text = match flawed {
            true => flaw::put_in(&mut Dice::new(&choices), sound).0,
            false => sound.to_string(),
        };
        let judged = crate::judge(&text, endpoint);
        let broken: Vec<_> = judged.findings.iter().map(|f| f.rule.key.as_str()).collect();
        for schema in schemas(endpoint) {
            schema.compare(&text, &broken);
        }
    }
}
