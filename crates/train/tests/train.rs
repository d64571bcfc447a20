//! Facts about train.
