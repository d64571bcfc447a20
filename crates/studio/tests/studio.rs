//! Facts about studio.
