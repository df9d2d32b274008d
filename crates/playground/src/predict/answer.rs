//! What a change would bring about, as the panel tells it.

use session::predict::{Change, End, Prediction, Step};

use super::Running;
use crate::model::Model;
use crate::view::why::{Why, WhyKind};

/// Most steps that are listed.
const ROWS: usize = 400;

/// What a change would bring about.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The change.
    pub change: Change,
    /// The namespace of its commands.
    pub namespace: String,
    /// Whether it was tried in the imported world, and not in the one on the page.
    pub imported: bool,
    /// What happens.
    pub prediction: Prediction,
    /// What is said of the sets in the end.
    pub whys: Vec<Why>,
}

/// The answer in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A command fails.
    Refused,
    /// A set does not get what it wants.
    Stuck,
    /// More happens than is gone through.
    CutShort,
    /// Pods come or go, and all sets get what they want.
    Through,
    /// No pod comes or goes.
    Nothing,
}

impl Answer {
    pub(super) fn of(running: Running) -> Answer {
        let (prediction, end) = running.forecast.finish();
        let whys = Model::on(end).page.whys.to_vec();
        let Running { change, namespace, imported, .. } = running;
        Answer { change, namespace, imported, prediction, whys }
    }

    /// The answer in a word.
    pub fn outcome(&self) -> Outcome {
        let prediction = &self.prediction;
        if prediction.is_refused() {
            Outcome::Refused
        } else if prediction.end == End::CutShort {
            Outcome::CutShort
        } else if prediction.sets.iter().any(|set| set.is_stuck()) {
            Outcome::Stuck
        } else if prediction.sets.iter().any(|set| set.moves()) {
            Outcome::Through
        } else {
            Outcome::Nothing
        }
    }

    /// Why it gets stuck, if it does.
    pub fn stuck(&self) -> Option<&Why> {
        self.whys.iter().find(|why| why.kind == WhyKind::Stuck).filter(|_| self.outcome() == Outcome::Stuck)
    }

    /// The steps that are listed.
    pub fn rows(&self) -> &[Step] {
        &self.prediction.steps[..self.prediction.steps.len().min(ROWS)]
    }

    /// How many steps are not listed.
    pub fn more(&self) -> usize {
        self.prediction.steps.len() - self.rows().len()
    }
}
