//! Every service that keeps something of people, as the catalog knows them.

use grove_shared::Service;

use crate::SERVICE;

/// A service that keeps something of people.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeper {
    pub(crate) service: Service,
    /// What it is for, in a sentence.
    pub(crate) about: &'static str,
}

/// All of them but this one, by name.
pub(crate) fn others() -> impl Iterator<Item = Keeper> {
    grove_catalog::present().filter(|known| known.schema && known.name != SERVICE.name).map(
        |known| Keeper {
            service: Service { name: known.name, port: known.port },
            about: known.about,
        },
    )
}
