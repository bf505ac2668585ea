//! SIGs and committees, and who holds which role in them.
