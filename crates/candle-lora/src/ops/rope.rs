//! Rotary positions: each pair (x[i], x[i + half]) of a head is turned by its position times a frequency (Su et al.
//! 2021). The frequencies are data, so scaled kinds need nothing here.

use candle_core::{DType, Device, Tensor};

use crate::floats::{Floats, edit, fast};
use crate::kernels::elementwise;
use crate::{Result, Row, Rows, plain};

/// How heads are turned by positions.
#[derive(Debug, Clone, PartialEq)]
pub struct Rotation {
    /// The width of a head. Only its first 2 · frequencies numbers turn.
    pub head_width: usize,
    /// How far each pair turns per position, in radians.
    pub frequencies: Vec<f32>,
    /// Other frequencies for rows longer than so many tokens (LongRoPE, Ding et al. 2024).
    pub long: Option<(usize, Vec<f32>)>,
    /// Turned numbers are multiplied with it (the attention factor of YaRN and LongRoPE).
    pub factor: f64,
}

impl Rotation {
    /// The frequencies for a row of this length.
    pub fn of_length(&self, length: usize) -> &[f32] {
        match &self.long {
            Some((limit, frequencies)) if length > *limit => frequencies,
            _ => &self.frequencies,
        }
    }
}

/// The angles of a batch's tokens.
#[derive(Debug, Clone)]
pub struct Angles {
    /// (places, turned pairs of a head).
    cos: Tensor,
    /// (places, turned pairs of a head).
    sin: Tensor,
    /// The row of `cos` and `sin` for each token.
    places: Vec<u32>,
    head_width: usize,
}

/// Which way to turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Forward,
    Back,
}

impl Angles {
    /// The angles of the rows' queries.
    pub fn new(rows: &Rows, rotation: &Rotation, dtype: DType, device: &Device) -> Result<Self> {
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        let mut places = vec![0; rows.queries()];
        // Short and long rows turn differently; each kind has a table from its first to its last position.
        let is_long = |row: &&Row| rotation.long.as_ref().is_some_and(|(limit, _)| row.keys.len() > *limit);
        for long in [false, true] {
            let of_kind: Vec<&Row> =
                rows.iter().filter(|row| is_long(row) == long && !row.queries.is_empty()).collect();
            let Some(longest) = of_kind.iter().map(|row| row.keys.len()).max() else { continue };
            let first = of_kind.iter().map(|row| row.past()).min().unwrap_or(0);
            let frequencies = rotation.of_length(longest);
            let before = cos.len() / frequencies.len().max(1);
            for angle in (first..longest).flat_map(|position| frequencies.iter().map(move |f| position as f32 * f)) {
                cos.push(f64::from(angle).cos() as f32 * rotation.factor as f32);
                sin.push(f64::from(angle).sin() as f32 * rotation.factor as f32);
            }
            for row in of_kind {
                for (query, position) in row.queries.clone().zip(row.past()..) {
                    places[query] = (before + position - first) as u32;
                }
            }
        }
        let shape = (cos.len() / rotation.frequencies.len().max(1), rotation.frequencies.len());
        let table = |numbers| -> Result<Tensor> { Ok(Tensor::from_vec(numbers, shape, device)?.to_dtype(dtype)?) };
        Ok(Self { cos: table(cos)?, sin: table(sin)?, places, head_width: rotation.head_width })
    }

    /// Turns every head of x, (tokens, heads · width). The caller alone holds x.
    pub fn forward(&self, x: Tensor) -> Result<Tensor> {
        self.turn(x, Turn::Forward)
    }

    /// The gradient of x from that of the output: turned back. The caller alone holds the gradient.
    pub fn backward(&self, grad: Tensor) -> Result<Tensor> {
        self.turn(grad, Turn::Back)
    }

    /// (cos, sin), each (tokens, turned pairs of a head).
    pub fn per_token(&self) -> Result<(Tensor, Tensor)> {
        let places = Tensor::new(self.places.as_slice(), self.cos.device())?;
        Ok((self.cos.index_select(&places, 0)?, self.sin.index_select(&places, 0)?))
    }

    fn turn(&self, x: Tensor, turn: Turn) -> Result<Tensor> {
        if !fast(&x) {
            let (cos, sin) = self.per_token()?;
            let sin = if turn == Turn::Back { sin.neg()? } else { sin };
            return plain::rope(&x, &cos, &sin, self.head_width);
        }
        let (cos, sin) = (Floats::of(&self.cos)?, Floats::of(&self.sin)?);
        let (half, head, places) = (self.cos.dim(1)?, self.head_width, self.places.as_slice());
        let turns = elementwise::Turns { cos: &cos, sin: &sin, half, places, head };
        let (width, sign) = (x.dim(1)?, if turn == Turn::Back { -1.0 } else { 1.0 });
        edit(&x, |x| elementwise::rope(x, width, turns, sign))?;
        Ok(x)
    }
}
