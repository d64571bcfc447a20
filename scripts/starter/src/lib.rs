//! Makes the files of `assets/starter` and `assets/samples`, and scores what a model makes of the held-out recipes.

pub mod random;
pub mod samples;
