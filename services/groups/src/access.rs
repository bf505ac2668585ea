//! What a member may do with one group.

use grove_identity::caller::{AdminOrTop4, Member};
use grove_shared::Standing;
use sqlx::MySqlExecutor;

use crate::{error::GroupError, group::GroupKey, store::places};

/// A member's power over one group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access {
    in_charge: bool,
    decides: bool,
    officer_committee: bool,
}

impl Access {
    /// Reads whether the member leads the group, so that it counts from the moment it is so.
    pub(crate) async fn of(
        db: impl MySqlExecutor<'_>,
        member: &Member,
        key: &GroupKey,
        group_id: u64,
    ) -> Result<Self, GroupError> {
        let top = member.is_one_of::<AdminOrTop4>();
        // Who is no member leads nothing, whatever place they have still.
        let may_lead = member.standing == Standing::Member;
        let in_charge = top || may_lead && places::is_lead(db, group_id, &member.netid).await?;
        let officer_committee = key.officer_role().is_some();
        let decides = if officer_committee { top } else { in_charge };
        Ok(Self { in_charge, decides, officer_committee })
    }

    /// Whether the member sees everyone in the group, and its past.
    pub(crate) fn sees_everyone(self) -> bool {
        self.in_charge
    }

    /// Whether the member may give and end places.
    pub(crate) fn manages_places(self) -> bool {
        self.decides
    }

    /// Refuses those who may not change the group's fields.
    pub(crate) fn check_edit(self) -> Result<(), GroupError> {
        if self.in_charge { Ok(()) } else { Err(GroupError::NotInCharge) }
    }

    /// Refuses those who may not give and end places.
    pub(crate) fn check_places(self) -> Result<(), GroupError> {
        match self {
            Self { decides: true, .. } => Ok(()),
            Self { officer_committee: true, .. } => Err(GroupError::OfficerCommittee),
            Self { .. } => Err(GroupError::NotInCharge),
        }
    }
}
