//! Effects in other services, delivered at least once, and requests that have one effect.
//!
//! An effect is a [`Call`](grove_shared::Call) of another service's contract. [`enqueue`] writes it to the
//! table `outbox` in the transaction of its cause; a [`Worker`] delivers it as soon as that is committed,
//! with exponential backoff and an idempotency key, so that a receiver sees each effect once. What a
//! receiver refuses for good, or what fails for [`GIVE_UP_AFTER`] tries, is dead: [`routes`] shows it to
//! officers, who have it delivered again when its cause is mended, and to the person whom it concerns, in the
//! [`Words`] that its cause gave it.
//!
//! An effect remembers the request that caused it, and is delivered in its name. What its receiver answers is
//! kept beside it in the column `reply`, unless that is much.
//!
//! A body is shown to officers and kept, so it holds no secret.
//!
//! The other side is [`idempotency`]: what a service does once for each key.
//!
//! The tables are the same in each schema (see `migrations/`), so the queries here are checked by the
//! tests of the services rather than at compile time (ADR 4).

mod admin;
mod bell;
mod described;
pub mod idempotency;
pub mod person;
mod queue;
pub mod retention;
mod words;
mod worker;

pub use admin::routes;
pub use idempotency::{IdempotencyKey, StoredReply};
pub use queue::{enqueue, enqueue_in_order};
pub use words::Words;
pub use worker::{GIVE_UP_AFTER, Worker};
