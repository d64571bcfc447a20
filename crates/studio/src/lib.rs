//! (studio)
