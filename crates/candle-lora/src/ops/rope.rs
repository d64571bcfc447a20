//! Rotary position embeddings: each pair (x[i], x[i + half]) of a head is rotated by its position times a frequency (Su
//! et al. 2021). The frequencies are data, so scaled variants need no code here.

use candle_core::{DType, Device, Tensor};

use crate::floats::{Floats, edit, fast};
use crate::kernels::elementwise;
use crate::{Result, Row, Rows, plain};

/// How heads are rotated by positions.
#[derive(Debug, Clone, PartialEq)]
pub struct Rotation {
    /// The width of a head. Only its first 2 · frequencies numbers are rotated.
    pub head_width: usize,
    /// How far each pair is rotated per position, in radians.
    pub frequencies: Vec<f32>,
    /// Other frequencies for rows longer than so many tokens (LongRoPE, Ding et al. 2024).
    pub long: Option<(usize, Vec<f32>)>,
    /// Rotated numbers are multiplied with it (the attention factor of YaRN and LongRoPE).
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
    /// (positions, rotated pairs of a head).
    cos: Tensor,
    /// (positions, rotated pairs of a head).
    sin: Tensor,
    /// The row of `cos` and `sin` for each token.
    places: Vec<u32>,
    head_width: usize,
}

/// Which way to rotate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Back,
}

impl Angles {
    /// The angles of the rows' queries.
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn new(rows: &Rows, rotation: &Rotation, dtype: DType, device: &Device) -> Result<Self> {
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        let mut places = vec![0; rows.queries()];
        // Short and long rows have other frequencies; each kind has a table from its first to its last position.
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

    /// Rotates every head of x, (tokens, heads · width). The caller alone holds x.
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn forward(&self, x: Tensor) -> Result<Tensor> {
        self.rotate(x, Direction::Forward)
    }

    /// The gradient of x from that of the output: rotated back. The caller alone holds the gradient.
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn backward(&self, grad: Tensor) -> Result<Tensor> {
        self.rotate(grad, Direction::Back)
    }

    /// (cos, sin), each (tokens, rotated pairs of a head).
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn per_token(&self) -> Result<(Tensor, Tensor)> {
        let places = Tensor::new(self.places.as_slice(), self.cos.device())?;
        Ok((self.cos.index_select(&places, 0)?, self.sin.index_select(&places, 0)?))
    }

    fn rotate(&self, x: Tensor, direction: Direction) -> Result<Tensor> {
        if !fast(&x) {
            let (cos, sin) = self.per_token()?;
            let sin = if direction == Direction::Back { sin.neg()? } else { sin };
            return plain::rope(&x, &cos, &sin, self.head_width);
        }
        let (cos, sin) = (Floats::of(&self.cos)?, Floats::of(&self.sin)?);
        let (half, head, places) = (self.cos.dim(1)?, self.head_width, self.places.as_slice());
        let angles = elementwise::Angles { cos: &cos, sin: &sin, half, places, head };
        let (width, sign) = (x.dim(1)?, if direction == Direction::Back { -1.0 } else { 1.0 });
        edit(&x, |x| elementwise::rope(x, width, angles, sign))?;
        Ok(x)
    }
}
