//! Takes over the groups of the old system from its YAML files, `sigs.yaml` and `committees.yaml`.

mod entry;

use anyhow::Context;
use chrono::{DateTime, Utc};
use grove_shared::{db, import::Report};
use serde_json::Value;
use sqlx::MySqlPool;

use self::entry::Entry;
use crate::{
    admin,
    error::GroupError,
    group::GroupKey,
    kind::Kind,
    store::{groups, places},
};

/// Who gave the places that came with the files, as their history says.
const IMPORTER: &str = "import";

/// Reads one of the old files. A group that is there already keeps what it has and gets what it
/// lacks; nobody whose place has ended comes back. So a file may be read again at any time.
///
/// A group counts as imported when it brought something, whether or not parts of it are skipped.
///
/// # Errors
/// When the file is no YAML or no list of groups, or the database fails. A bad group, person or
/// field is skipped and reported.
pub async fn import_yaml(
    db: &MySqlPool,
    kind: Kind,
    yaml: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Report> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    let file: Value = serde_saphyr::from_str_with_options(yaml, options)?;
    let mut report = Report::default();
    for (index, value) in list(kind, file)?.into_iter().enumerate() {
        match Entry::read(index + 1, &value, &mut report) {
            Some(entry) if import_entry(db, kind, &entry, now).await? => report.imported += 1,
            Some(_) => report.present += 1,
            None => {}
        }
    }
    Ok(report)
}

/// The groups of a file: a list, a list under the name of the kind, or a mapping by name.
fn list(kind: Kind, file: Value) -> anyhow::Result<Vec<Value>> {
    match file {
        Value::Null => Ok(Vec::new()),
        Value::Array(groups) => Ok(groups),
        Value::Object(mut file) => {
            let inner = [kind.as_str(), "groups"].iter().find_map(|name| file.remove(*name));
            if let Some(inner @ (Value::Array(_) | Value::Object(_))) = inner {
                return list(kind, inner);
            }
            let named = file.into_iter().map(|(name, mut group)| {
                let fields =
                    group.as_object_mut().with_context(|| format!("{name} is no group"))?;
                fields.entry("name").or_insert_with(|| name.into());
                Ok(group)
            });
            named.collect()
        }
        _ => anyhow::bail!("the file is no list of groups"),
    }
}

/// Whether the entry brought anything.
async fn import_entry(
    db: &MySqlPool,
    kind: Kind,
    entry: &Entry,
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    let mut changed = admin::ensure_group(db, kind, &entry.group, now).await?;
    let key = GroupKey::new(kind, entry.group.name.as_deref().unwrap_or_default());
    let mut transaction = db::begin(db).await?;
    let group = match groups::lock(&mut *transaction, &key).await {
        Ok(group) => group,
        Err(GroupError::NotFound) => return Ok(changed),
        Err(error) => return Err(error.into()),
    };
    for place in &entry.places {
        if !places::ever(&mut *transaction, group, &place.netid).await? {
            places::insert(&mut *transaction, group, place, IMPORTER, now).await?;
            changed = true;
        }
    }
    transaction.commit().await?;
    Ok(changed)
}
