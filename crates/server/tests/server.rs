//! Facts about server.
