//! A purchase as a saga: stock is reserved, credits are held, the machine vends, and then the credits
//! are taken or given back. Each thing of a purchase stands alone, in a row of `purchase_items` that
//! says where it is; a worker does one step after the other and may die before, within and after
//! each.
//!
//! ```text
//! holding -> vending -> dropped -> done        the buyer pays
//!    |          |-----> failed  -> refunded    nothing fell; it is in stock again
//!    |          '-----> lost    -> unknown     nobody knows; an officer has to look
//!    '----------------> failed
//! ```

mod log;
mod step;
pub(crate) mod unit;
mod worker;

pub use worker::Worker;
