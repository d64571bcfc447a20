//! Facts about data.
