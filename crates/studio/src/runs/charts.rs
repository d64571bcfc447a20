//! The loss curves of a run as a picture: SVG, or PNG at twice the size. The layout is computed here, so that an SVG
//! needs no font; a PNG takes one of the system's, and is drawn without words where there is none.

mod axis;
mod fonts;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use tunesmith_protocol::{RunRecord, WireError};
use tunesmith_sentence::say;

use crate::errors;
use crate::home::RunFolder;
use crate::home::journal::Tail;
use axis::Axis;

const WIDTH: i32 = 960;
const HEIGHT: i32 = 540;
const LEFT: i32 = 72;
const RIGHT: i32 = 28;
const TOP: i32 = 76;
const BOTTOM: i32 = 60;
/// More points than pixels show nothing more.
const POINTS: usize = 2000;

const INK: RGBColor = RGBColor(0x26, 0x2a, 0x33);
const FAINT: RGBColor = RGBColor(0x6b, 0x72, 0x80);
const GRID: RGBColor = RGBColor(0xe5, 0xe7, 0xeb);
const TRAINING: RGBColor = RGBColor(0x2f, 0x6f, 0xd6);
const VALIDATION: RGBColor = RGBColor(0xd9, 0x77, 0x06);

/// What is drawn: losses by step.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Curves {
    title: String,
    training: Vec<(f64, f64)>,
    validation: Vec<(f64, f64)>,
}

impl Curves {
    /// The curves of a run as its records tell them.
    pub fn read(folder: &RunFolder, title: &str) -> Self {
        let mut curves = Self { title: title.into(), ..Self::default() };
        Tail::new(folder.metrics(), 0).read_all(|_, record| curves.add(&record));
        curves.training = thin(&curves.training);
        curves
    }

    fn add(&mut self, record: &RunRecord) {
        match record {
            RunRecord::Step(metrics) if metrics.loss.is_finite() => {
                self.training.push((f64::from(metrics.step), metrics.loss))
            }
            RunRecord::Eval { step, loss, .. } if loss.is_finite() => self.validation.push((f64::from(*step), *loss)),
            RunRecord::Rewind { step } => {
                let stays = |point: &(f64, f64)| point.0 <= f64::from(*step);
                self.training.retain(stays);
                self.validation.retain(stays);
            }
            _ => {}
        }
    }

    /// The picture as SVG.
    pub fn svg(&self) -> Result<Vec<u8>, WireError> {
        let mut text = String::new();
        {
            let root = SVGBackend::with_string(&mut text, (WIDTH as u32, HEIGHT as u32)).into_drawing_area();
            Canvas { root: &root, scale: 1, words: true }.draw(self).map_err(failed)?;
            root.present().map_err(failed)?;
        }
        Ok(text.into_bytes())
    }

    /// The picture as PNG.
    pub fn png(&self) -> Result<Vec<u8>, WireError> {
        const SCALE: i32 = 2;
        let file = tempfile::Builder::new().suffix(".png").tempfile().map_err(errors::io(std::env::temp_dir()))?;
        {
            let size = ((WIDTH * SCALE) as u32, (HEIGHT * SCALE) as u32);
            let root = BitMapBackend::new(file.path(), size).into_drawing_area();
            Canvas { root: &root, scale: SCALE, words: fonts::register() }.draw(self).map_err(failed)?;
            root.present().map_err(failed)?;
        }
        std::fs::read(file.path()).map_err(errors::io(file.path()))
    }
}

type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// Where it is drawn. Positions are in points; a PNG has `scale` pixels for each.
struct Canvas<'a, DB: DrawingBackend> {
    root: &'a DrawingArea<DB, Shift>,
    scale: i32,
    words: bool,
}

impl<DB: DrawingBackend> Canvas<'_, DB> {
    fn draw(&self, curves: &Curves) -> Drawn<DB> {
        self.root.fill(&WHITE)?;
        let all = || curves.training.iter().chain(&curves.validation);
        let steps = Axis::around(all().map(|point| point.0).chain([0.0]), WIDTH - LEFT - RIGHT, false);
        let losses = Axis::around(all().map(|point| point.1), HEIGHT - TOP - BOTTOM, true);
        self.words(&curves.title, (LEFT, 26), 20, INK, HPos::Left)?;
        self.grid(&steps, &losses)?;
        if curves.training.is_empty() && curves.validation.is_empty() {
            return self.words("No step is done yet", (WIDTH / 2, HEIGHT / 2), 16, FAINT, HPos::Center);
        }
        let place = |point: &(f64, f64)| (LEFT + steps.at(point.0), HEIGHT - BOTTOM - losses.at(point.1));
        let training: Vec<(i32, i32)> = curves.training.iter().map(place).collect();
        let validation: Vec<(i32, i32)> = curves.validation.iter().map(place).collect();
        self.line(&training, TRAINING, 2)?;
        self.line(&validation, VALIDATION, 3)?;
        for (x, y) in &validation {
            self.root.draw(&Circle::new(self.scaled((*x, *y)), 4 * self.scale, VALIDATION.filled()))?;
        }
        self.legend(LEFT, "Training loss", TRAINING)?;
        if !validation.is_empty() {
            self.legend(LEFT + 150, "Validation loss", VALIDATION)?;
        }
        Ok(())
    }

    fn grid(&self, steps: &Axis, losses: &Axis) -> Drawn<DB> {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for (value, label) in losses.ticks() {
            let y = bottom - losses.at(value);
            self.line(&[(LEFT, y), (right, y)], GRID, 1)?;
            self.words(&label, (LEFT - 10, y), 13, FAINT, HPos::Right)?;
        }
        for (value, label) in steps.ticks() {
            let x = LEFT + steps.at(value);
            self.line(&[(x, bottom), (x, bottom + 5)], FAINT, 1)?;
            self.words(&label, (x, bottom + 18), 13, FAINT, HPos::Center)?;
        }
        self.line(&[(LEFT, bottom), (right, bottom)], FAINT, 1)?;
        self.words("Step", (right, bottom + 42), 13, FAINT, HPos::Right)?;
        self.words("Loss in nats per learned token", (LEFT, bottom + 42), 13, FAINT, HPos::Left)
    }

    fn legend(&self, x: i32, label: &str, colour: RGBColor) -> Drawn<DB> {
        self.line(&[(x, 54), (x + 18, 54)], colour, 3)?;
        self.words(label, (x + 26, 54), 13, INK, HPos::Left)
    }

    fn line(&self, points: &[(i32, i32)], colour: RGBColor, width: i32) -> Drawn<DB> {
        let points: Vec<(i32, i32)> = points.iter().map(|point| self.scaled(*point)).collect();
        match points.len() {
            0 => Ok(()),
            1 => self.root.draw(&Circle::new(points[0], 3 * self.scale, colour.filled())),
            _ => self.root.draw(&PathElement::new(points, colour.stroke_width((width * self.scale) as u32))),
        }
    }

    fn words(&self, text: &str, at: (i32, i32), size: i32, colour: RGBColor, side: HPos) -> Drawn<DB> {
        if !self.words {
            return Ok(());
        }
        let style = TextStyle::from(("sans-serif", size * self.scale)).color(&colour).pos(Pos::new(side, VPos::Center));
        self.root.draw(&Text::new(text.to_owned(), self.scaled(at), style))
    }

    fn scaled(&self, (x, y): (i32, i32)) -> (i32, i32) {
        (x * self.scale, y * self.scale)
    }
}

/// The mean of neighbouring points, so that no more are left than can be seen.
fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let group = points.len().div_ceil(POINTS).max(1);
    let mean = |group: &[(f64, f64)]| {
        let count = group.len() as f64;
        (group.iter().map(|point| point.0).sum::<f64>() / count, group.iter().map(|point| point.1).sum::<f64>() / count)
    };
    points.chunks(group).map(mean).collect()
}

fn failed(error: impl std::fmt::Display) -> WireError {
    WireError::internal(say!("run-chart-failed", "the chart could not be drawn: {error}", error = error.to_string()))
}
