//! Facts about model.
