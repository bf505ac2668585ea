//! The website: server-rendered pages, a client of the gateway.
