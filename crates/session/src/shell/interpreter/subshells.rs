//! Subshells: `( … )`, `$( … )` and the parts of a pipeline. What is set there is forgotten when they end, and `exit`
//! ends only the innermost one.

use super::super::variables::Variables;
use super::super::{Env, Memory};
use super::{Interpreter, Running, Stop};

/// A subshell at work.
#[derive(Clone, Debug)]
pub(super) struct Subshell {
    /// The instruction that ends it.
    end: usize,
    /// The variables outside of it.
    pub(super) variables: Variables,
    /// What was open when it began, as in a loop; and how many loops were.
    open: [usize; 5],
    loops: usize,
}

impl Interpreter {
    pub(super) fn open_subshell(&mut self, length: usize, variables: Variables) {
        let (end, open, loops) = (self.at + length, self.heights(), self.loops.len());
        self.subshells.push(Subshell { end, variables, open, loops });
    }

    /// The line ends before its time: what holds for a part of it alone does no more.
    pub(in crate::shell) fn abandon(&self, memory: &mut Memory) {
        let outside = match (self.scopes.first(), self.subshells.first()) {
            // The scope was there before the subshell.
            (Some(scope), Some(Subshell { open: [.., 1..=usize::MAX], .. })) => Some(scope),
            (scope, subshell) => subshell.map(|subshell| &subshell.variables).or(scope),
        };
        match (outside, &self.running) {
            (Some(outside), _) => memory.variables = outside.clone(),
            (None, Some(Running::Shell(shell))) => shell.abandon(memory),
            (None, _) => {}
        }
    }

    /// `exit`: the innermost subshell ends, or the line if there is none.
    pub(super) fn exit(&mut self, memory: &mut Memory, env: &mut Env<'_>) -> Result<(), Stop> {
        let (end, open, loops) = match self.subshells.last() {
            Some(subshell) => (subshell.end, subshell.open, subshell.loops),
            None => (self.program.len(), [0; 5], 0),
        };
        self.unwind(open, memory, env)?;
        self.loops.truncate(loops);
        self.at = end;
        Ok(())
    }

    /// `break N`: so many loops end; where they go on outside of a subshell, the subshell does.
    pub(super) fn break_loops(
        &mut self,
        loops: usize,
        memory: &mut Memory,
        env: &mut Env<'_>,
    ) -> Result<(), Stop> {
        match self.loops_within(loops) {
            Some(loops) => self.leave(loops, memory, env),
            None => self.exit(memory, env),
        }
    }

    /// `continue N`: the outermost of so many loops begins its next round.
    pub(super) fn continue_loops(
        &mut self,
        loops: usize,
        memory: &mut Memory,
        env: &mut Env<'_>,
    ) -> Result<(), Stop> {
        match self.loops_within(loops) {
            Some(0) => Ok(()),
            Some(loops) => {
                self.leave(loops - 1, memory, env)?;
                self.unwind_loop(memory, env)?;
                self.at = self.loops.last().map_or(self.at, |looping| looping.start);
                Ok(())
            }
            None => self.exit(memory, env),
        }
    }

    /// How many of so many loops there are; `None` if some of them are outside of the subshell.
    fn loops_within(&self, loops: usize) -> Option<usize> {
        let outside = self.subshells.last().map_or(0, |subshell| subshell.loops);
        let inside = self.loops.len() - outside;
        if loops > inside && outside > 0 { None } else { Some(loops.min(inside)) }
    }
}
