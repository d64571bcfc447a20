//! Rotary position embeddings: each pair (x[i], x[i + half]) of a head is rotated by its position times a frequency (Su
//! et al. 2021). The frequencies are data, so scaled variants need no code here.

use std::borrow::Cow;
use std::collections::BTreeSet;

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
    /// What long rows have instead of these frequencies.
    pub longer: Longer,
    /// Rotated numbers are multiplied with it (the attention factor of YaRN and LongRoPE).
    pub factor: f64,
}

/// What rows of more tokens than a limit have in the place of a rotation's frequencies.
#[derive(Debug, Clone, PartialEq)]
pub enum Longer {
    /// Nothing else.
    Same,
    /// Other frequencies, from their first token on (LongRoPE, Ding et al. 2024).
    Others {
        /// Up to so many tokens a row is not long.
        limit: usize,
        /// How far each pair is rotated per position, in radians.
        frequencies: Vec<f32>,
    },
    /// Frequencies of a base that grows with the row ("dynamic NTK"): base · (factor · length / limit − (factor − 1))^(w / (w − 2))
    /// where w numbers of a head are rotated. As transformers' `_compute_dynamic_ntk_parameters` has it.
    Growing {
        /// Up to so many tokens a row is not long.
        limit: usize,
        /// The base of the frequencies of short rows.
        base: f64,
        /// How much faster than the row the base grows.
        factor: f64,
    },
}

impl Rotation {
    /// The number of tokens beyond which a row has other frequencies.
    pub fn limit(&self) -> Option<usize> {
        match self.longer {
            Longer::Same => None,
            Longer::Others { limit, .. } | Longer::Growing { limit, .. } => Some(limit),
        }
    }

    /// The frequencies for a row of this length.
    pub fn of_length(&self, length: usize) -> Cow<'_, [f32]> {
        match &self.longer {
            Longer::Others { limit, frequencies } if length > *limit => frequencies.into(),
            Longer::Growing { limit, base, factor } if length > *limit => {
                let width = 2 * self.frequencies.len();
                // In f32, as PyTorch has it.
                let growth = *factor as f32 * length as f32 / *limit as f32 - (factor - 1.0) as f32;
                let base = *base as f32 * growth.powf((width as f64 / (width as f64 - 2.0)) as f32);
                let exponent = |pair: usize| (2 * pair) as f32 / width as f32;
                (0..self.frequencies.len()).map(|pair| 1.0 / base.powf(exponent(pair))).collect::<Vec<_>>().into()
            }
            _ => (&self.frequencies).into(),
        }
    }

    /// A number that rows of the same frequencies have in common.
    pub fn kind_of(&self, length: usize) -> usize {
        match self.longer {
            Longer::Growing { limit, .. } if length > limit => length,
            _ => usize::from(self.limit().is_some_and(|limit| length > limit)),
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
        let kind = |row: &Row| rotation.kind_of(row.keys.len());
        let kinds: BTreeSet<usize> = rows.iter().map(kind).collect();
        for one in kinds {
            let of_kind: Vec<&Row> = rows.iter().filter(|row| kind(row) == one && !row.queries.is_empty()).collect();
            let Some(longest) = of_kind.iter().map(|row| row.keys.len()).max() else { continue };
            let first = of_kind.iter().map(|row| row.past()).min().unwrap_or(0);
            let frequencies = rotation.of_length(longest);
            let before = cos.len() / frequencies.len().max(1);
            let angles = (first..longest).flat_map(|position| frequencies.iter().map(move |f| position as f32 * f));
            for angle in angles {
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
