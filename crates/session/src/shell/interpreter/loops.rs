//! The loops of a line: what one goes through, and what closes when it ends in the midst of something.

use super::super::{Env, Memory};
use super::{Interpreter, Stop, set};

/// A loop at work.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    /// Where each round begins, and what comes behind the loop.
    pub(super) start: usize,
    pub(super) end: usize,
    /// What `for` goes through; nothing for `while`.
    pub(super) items: Option<(String, std::vec::IntoIter<String>)>,
    /// The status of the last command of the last round.
    pub(super) status: i32,
    /// How many lists, sinks, error ways, inputs and scopes were open when it began.
    pub(super) open: [usize; 5],
}

impl Interpreter {
    pub(super) fn heights(&self) -> [usize; 5] {
        [self.lists.len(), self.sinks.len(), self.errors.len(), self.inputs.len(), self.scopes.len()]
    }

    pub(super) fn open_loop(&mut self, length: usize, items: Option<(String, std::vec::IntoIter<String>)>) {
        let (start, open) = (self.at, self.heights());
        self.loops.push(Loop { start, end: start + length, items, status: 0, open });
    }

    pub(super) fn next_item(&mut self, memory: &mut Memory) -> Result<(), Stop> {
        let Some(looping) = self.loops.last_mut() else { return Ok(()) };
        match looping.items.as_mut().and_then(|(variable, items)| Some((variable, items.next()?))) {
            Some((variable, item)) => set(variable, &item, memory)?,
            None => {
                memory.status = looping.status;
                self.at = looping.end;
                self.loops.pop();
            }
        }
        Ok(())
    }

    /// Closes everything that was opened in the innermost loop since it began.
    pub(super) fn unwind_loop(&mut self, memory: &mut Memory, env: &mut Env<'_>) -> Result<(), Stop> {
        let open = self.loops.last().map(|looping| looping.open);
        open.map_or(Ok(()), |open| self.unwind(open, memory, env))
    }

    /// Closes everything above these heights.
    pub(super) fn unwind(
        &mut self,
        open: [usize; 5],
        memory: &mut Memory,
        env: &mut Env<'_>,
    ) -> Result<(), Stop> {
        let [lists, sinks, errors, inputs, scopes] = open;
        while self.sinks.len() > sinks {
            self.close_file(env)?;
        }
        self.lists.truncate(lists);
        self.errors.truncate(errors);
        self.inputs.truncate(inputs);
        if let Some(before) = self.scopes.drain(scopes..).next() {
            memory.variables = before;
        }
        Ok(())
    }

    /// So many loops end.
    pub(super) fn leave(&mut self, loops: usize, memory: &mut Memory, env: &mut Env<'_>) -> Result<(), Stop> {
        for _ in 0..loops {
            self.unwind_loop(memory, env)?;
            if let Some(looping) = self.loops.pop() {
                self.at = looping.end;
            }
        }
        Ok(())
    }
}
