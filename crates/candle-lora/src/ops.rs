//! The operations as pairs of forward and backward. Here, and only here, the device and number format decide between
//! the plain version and the kernels.

pub mod attention;
pub mod columns;
pub mod cross_entropy;
pub mod embedding;
pub mod glu;
pub mod linear;
pub(crate) mod lora;
pub mod norm;
pub(crate) mod product;
pub mod rope;
pub mod sum;
