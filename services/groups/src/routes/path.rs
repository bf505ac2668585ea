//! What stands in the paths.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::{error::GroupError, group::GroupKey, kind::Kind};

/// `/groups/{type}`; whether there is such a kind is another question.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct KindPath {
    /// The kind of groups: `sigs` or `committees`.
    #[serde(rename = "type")]
    #[param(pattern = "^(sigs|committees)$", example = "sigs")]
    kind: String,
}

impl KindPath {
    pub(crate) fn kind(&self) -> Result<Kind, GroupError> {
        Ok(self.kind.parse()?)
    }
}

/// `/groups/{type}/{name}`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct GroupPath {
    /// The kind of groups: `sigs` or `committees`.
    #[serde(rename = "type")]
    #[param(pattern = "^(sigs|committees)$", example = "sigs")]
    kind: String,
    /// The name of the group, in any case.
    #[param(max_length = 64, example = "SIGPwny")]
    name: String,
}

impl GroupPath {
    pub(crate) fn key(&self) -> Result<GroupKey, GroupError> {
        GroupKey::parse(&self.kind, &self.name)
    }
}

/// `/groups/{type}/{name}/roles/{id}`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct RolePath {
    /// The kind of groups: `sigs` or `committees`.
    #[serde(rename = "type")]
    #[param(pattern = "^(sigs|committees)$", example = "sigs")]
    kind: String,
    /// The name of the group, in any case.
    #[param(max_length = 64, example = "SIGPwny")]
    name: String,
    /// What identifies the role.
    #[param(example = 12)]
    pub(crate) id: u64,
}

impl RolePath {
    pub(crate) fn key(&self) -> Result<GroupKey, GroupError> {
        GroupKey::parse(&self.kind, &self.name)
    }
}
