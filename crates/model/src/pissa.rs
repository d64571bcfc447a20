//! An adapter that begins as the principal part of the weights (PiSSA, Meng et al. 2024): of W = U S Vᵀ, B = U √S and
//! A = √S Vᵀ of the largest singular values, and what remains of W is frozen.

use candle_core::Tensor;
use candle_lora::{Adapter, FrozenWeight, Linear, LoraConfig, LoraPair};
use tunesmith_sentence::say;

use crate::random::Random;
use crate::weights::{get, replace};
use crate::{Decoder, ModelError};

/// Rounds of the subspace iteration: each makes the error smaller by the square of the ratio of singular values in and
/// out of the subspace. PEFT's examples take as many (`pissa_niter_16`).
const ROUNDS: usize = 16;
/// Directions followed beside those that are wanted.
const MORE: usize = 16;

impl Decoder {
    /// Makes the adapter, and leaves the rest of the weights in its place.
    ///
    /// # Errors
    /// When the config asks for DoRA, for modules outside of the blocks, or for a rank that a weight does not have.
    pub fn init_pissa(&mut self, lora: &LoraConfig) -> Result<Adapter, ModelError> {
        if lora.dora {
            return Err(ModelError::Input(say!(
                "adapter-pissa-dora",
                "A PiSSA start is not supported together with DoRA"
            )));
        }
        let mut adapter = self.new_adapter(lora, 0)?;
        for (module, pair) in &mut adapter.pairs {
            let Some(weight) =
                self.weights.get(&format!("{module}.weight")).filter(|_| module.starts_with("model.layers."))
            else {
                return Err(ModelError::Input(say!(
                    "adapter-pissa-module",
                    "A PiSSA start is not supported for {module}",
                    module
                )));
            };
            let least = weight.dims().iter().min().copied().unwrap_or(0);
            if lora.rank > least {
                return Err(ModelError::Input(say!(
                    "adapter-pissa-rank",
                    "A PiSSA start of rank {rank} is too much for {module}, which has rank {least}",
                    rank = lora.rank,
                    module,
                    least
                )));
            }
            *pair = principal(weight, lora, module)?;
        }
        self.subtract_adapter(&adapter)?;
        Ok(adapter)
    }

    /// W − scale · B A of every pair, in the place of W.
    ///
    /// # Errors
    /// When the adapter does not fit the model.
    pub fn subtract_adapter(&mut self, start: &Adapter) -> Result<(), ModelError> {
        self.check_adapter(start)?;
        for (module, pair) in &start.pairs {
            let name = format!("{module}.weight");
            let rest = pair.merged(get(&self.weights, &name)?, -start.config.scale_of(module))?;
            replace(&mut self.weights, &name, rest)?;
        }
        Ok(())
    }
}

/// The pair of the largest singular values, by subspace iteration (Halko, Martinsson & Tropp 2011, algorithm 4.4).
fn principal(weight: &FrozenWeight, lora: &LoraConfig, module: &str) -> Result<LoraPair, ModelError> {
    let map = Linear { weight, bias: None, lora: None };
    let (out, width) = weight.dense()?.dims2()?;
    let followed = (lora.rank + MORE.max(lora.rank)).min(out).min(width);
    // y = z Wᵀ and z = y W, of row vectors. The order of sums does not depend on the number of threads.
    let to = |z: &Tensor| -> Result<Tensor, ModelError> { Ok(map.forward(z)?.0) };
    let fro = |y: &Tensor| -> Result<Tensor, ModelError> { Ok(map.transposed(y)?) };
    let numbers = Random::new(0, &format!("pissa {module}")).normal(followed * width, 1.0);
    let mut y = orthonormal(&to(&Tensor::from_vec(numbers, (followed, width), weight.device())?)?)?; // (followed, out)
    for _ in 0..ROUNDS {
        y = orthonormal(&to(&orthonormal(&fro(&y)?)?)?)?;
    }
    let z = fro(&y)?; // (followed, in): W seen through the subspace
    let (squares, turns) = eigen(rows(&z)?);
    let mut order: Vec<usize> = (0..followed).collect();
    order.sort_by(|&one, &other| squares[other].total_cmp(&squares[one]));
    let (y, z) = (rows(&y)?, rows(&z)?);
    let (mut a, mut b) = (Vec::with_capacity(lora.rank * width), vec![0.0; out * lora.rank]);
    for (place, &which) in order.iter().take(lora.rank).enumerate() {
        let value = squares[which].max(f64::MIN_POSITIVE).sqrt(); // the singular value
        let root = (value / lora.scale()).sqrt();
        let mix = |rows: &[Vec<f64>], column: usize| {
            rows.iter().zip(&turns).map(|(row, turn)| row[column] * turn[which]).sum::<f64>()
        };
        a.extend((0..width).map(|column| (mix(&z, column) / value * root) as f32));
        (0..out).for_each(|row| b[row * lora.rank + place] = (mix(&y, row) * root) as f32);
    }
    let device = weight.device();
    Ok(LoraPair::new(Tensor::from_vec(a, (lora.rank, width), device)?, Tensor::from_vec(b, (out, lora.rank), device)?))
}

fn rows(x: &Tensor) -> Result<Vec<Vec<f64>>, ModelError> {
    Ok(x.to_dtype(candle_core::DType::F64)?.to_vec2()?)
}

/// An orthonormal basis of what the rows span (Gram–Schmidt, twice because once leaves rounding).
fn orthonormal(x: &Tensor) -> Result<Tensor, ModelError> {
    let mut rows = rows(x)?;
    for place in 0..rows.len() {
        let (before, from) = rows.split_at_mut(place);
        let row = &mut from[0];
        for other in before.iter().chain(before.iter()) {
            let share = dot(row, other);
            row.iter_mut().zip(other).for_each(|(number, other)| *number -= share * other);
        }
        let length = dot(row, row).sqrt().max(f64::MIN_POSITIVE);
        row.iter_mut().for_each(|number| *number /= length);
    }
    let (count, width) = x.dims2()?;
    let numbers = rows.into_iter().flatten().map(|number| number as f32).collect();
    Ok(Tensor::from_vec(numbers, (count, width), x.device())?)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The eigenvalues of Z Zᵀ, and its eigenvectors as columns, by Jacobi's rotations.
fn eigen(z: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = z.len();
    let mut matrix: Vec<Vec<f64>> = z.iter().map(|row| z.iter().map(|other| dot(row, other)).collect()).collect();
    let mut vectors: Vec<Vec<f64>> =
        (0..size).map(|row| (0..size).map(|column| f64::from(row == column)).collect()).collect();
    let total: f64 = matrix.iter().flatten().map(|number| number * number).sum();
    for _ in 0..60 {
        let beside =
            |(row, numbers): (usize, &Vec<f64>)| -> f64 { numbers[..row].iter().map(|number| number * number).sum() };
        if matrix.iter().enumerate().map(beside).sum::<f64>() <= 1e-30 * total {
            break;
        }
        for p in 0..size {
            for q in p + 1..size {
                rotate(&mut matrix, &mut vectors, p, q);
            }
        }
    }
    ((0..size).map(|place| matrix[place][place]).collect(), vectors)
}

/// Turns coordinates p and q so that their product vanishes (Golub & Van Loan, section 8.5.2).
fn rotate(matrix: &mut [Vec<f64>], vectors: &mut [Vec<f64>], p: usize, q: usize) {
    let beside = matrix[p][q];
    if beside == 0.0 {
        return;
    }
    let tau = (matrix[q][q] - matrix[p][p]) / (2.0 * beside);
    let tangent = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
    let cos = 1.0 / (1.0 + tangent * tangent).sqrt();
    let sin = tangent * cos;
    let turn = |row: &mut Vec<f64>| (row[p], row[q]) = (cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]);
    matrix.iter_mut().for_each(turn);
    vectors.iter_mut().for_each(turn);
    // p comes before q.
    let (above, below) = matrix.split_at_mut(q);
    for (one, other) in above[p].iter_mut().zip(&mut below[0]) {
        (*one, *other) = (cos * *one - sin * *other, sin * *one + cos * *other);
    }
}
