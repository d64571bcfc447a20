//! Makes the files of `assets/starter` and `assets/samples`, and scores what a model makes of the held-out recipes.

pub mod corpus;
pub mod evaluate;
pub mod initial;
pub mod make;
pub mod random;
pub mod samples;
pub mod shape;
pub mod tokenizer;
pub mod words;
