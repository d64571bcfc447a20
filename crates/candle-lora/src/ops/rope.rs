//! Rotary positions: each pair (x[i], x[i + half]) of a head is turned by its position times a frequency (Su et al.
//! 2021). The frequencies are data, so scaled kinds need nothing here.

use candle_core::{DType, Device, Tensor};

use crate::floats::{Floats, edit, fast};
use crate::kernels::elementwise;
use crate::{Result, plain};

/// The angles of a batch's tokens.
#[derive(Debug, Clone)]
pub struct Angles {
    /// (positions, half a head).
    cos: Tensor,
    /// (positions, half a head).
    sin: Tensor,
    /// The row of `cos` and `sin` for each token.
    places: Vec<u32>,
}

/// Which way to turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Forward,
    Back,
}

impl Angles {
    /// The angles of tokens at these positions, for these frequencies (one per pair of a head).
    pub fn new(positions: &[u32], frequencies: &[f32], dtype: DType, device: &Device) -> Result<Self> {
        let first = positions.iter().copied().min().unwrap_or(0);
        let last = positions.iter().copied().max().unwrap_or(0);
        let angle = |position: u32| frequencies.iter().map(move |frequency| position as f32 * frequency);
        let angles: Vec<f32> = (first..=last).flat_map(angle).collect();
        let table = |of: fn(f64) -> f64| -> Result<Tensor> {
            let numbers: Vec<f32> = angles.iter().map(|&angle| of(f64::from(angle)) as f32).collect();
            Ok(Tensor::from_vec(numbers, ((last - first) as usize + 1, frequencies.len()), device)?.to_dtype(dtype)?)
        };
        let places = positions.iter().map(|position| position - first).collect();
        Ok(Self { cos: table(f64::cos)?, sin: table(f64::sin)?, places })
    }

    /// Turns every head of x, (tokens, heads · width). The caller alone holds x.
    pub fn forward(&self, x: Tensor) -> Result<Tensor> {
        self.turn(x, Turn::Forward)
    }

    /// The gradient of x from that of the output: turned back. The caller alone holds the gradient.
    pub fn backward(&self, grad: Tensor) -> Result<Tensor> {
        self.turn(grad, Turn::Back)
    }

    /// (cos, sin), each (tokens, half a head).
    pub fn per_token(&self) -> Result<(Tensor, Tensor)> {
        let places = Tensor::new(self.places.as_slice(), self.cos.device())?;
        Ok((self.cos.index_select(&places, 0)?, self.sin.index_select(&places, 0)?))
    }

    fn turn(&self, x: Tensor, turn: Turn) -> Result<Tensor> {
        if !fast(&x) {
            let (cos, sin) = self.per_token()?;
            let sin = if turn == Turn::Back { sin.neg()? } else { sin };
            return plain::rope(&x, &cos, &sin);
        }
        let (cos, sin) = (Floats::of(&self.cos)?, Floats::of(&self.sin)?);
        let (width, half) = (x.dim(1)?, self.cos.dim(1)?);
        let sign = if turn == Turn::Back { -1.0 } else { 1.0 };
        edit(&x, |x| elementwise::rope(x, width, &cos, &sin, half, &self.places, sign))?;
        Ok(x)
    }
}
