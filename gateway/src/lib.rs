//! The one public door: client tokens, identity, routing, limits.
