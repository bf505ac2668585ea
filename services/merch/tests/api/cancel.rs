//! Requests that end before they are served.

use std::time::Duration;

use grove_shared::db;
use grove_testing::reveal;
use sqlx::{Connection, MySqlConnection};

use crate::World;

#[tokio::test]
async fn a_transaction_that_is_cut_off_while_it_begins_takes_no_other_with_it() {
    let world = World::new().await;
    let pool = world.db.pool();
    let mut other = MySqlConnection::connect(reveal(&world.db.url())).await.unwrap();
    for number in 1..100_u32 {
        // Somewhere on the way a connection has sent BEGIN and its request is gone.
        let time = Duration::from_micros(u64::from(number) * 10);
        let _ = tokio::time::timeout(time, db::begin(&pool)).await;
        sqlx::query("UPDATE locations SET quantity = ? WHERE code = 'A1'")
            .bind(number)
            .execute(&pool)
            .await
            .unwrap();
        let seen = sqlx::query_scalar("SELECT quantity FROM locations WHERE code = 'A1'");
        let seen: u32 = seen.fetch_one(&mut other).await.unwrap();
        assert_eq!(seen, number, "the change is in a transaction that nobody ends");
    }
}
