//! Finds out which code of a wasm runs: a copy of it notes every stretch of instructions that is begun.

use anyhow::{Context, Result};
use walrus::ir::{Const, Instr, InstrSeqId, MemArg, Store, StoreKind, Value};
use walrus::{ConstExpr, FunctionId, LocalFunction, Module, ValType};

use crate::split;

/// The exports of the copy that say where in memory the notes are, and how many: a byte for each stretch, 1 once it ran.
const RAN: &str = "ran";
const STRETCHES: &str = "stretches";

/// The bytes in a page of memory.
const PAGE: u64 = 1 << 16;

/// Instructions that all run if the first does: from the beginning of a sequence, or from where another way through the
/// code joins it, to where one leaves.
#[derive(Clone, Copy)]
pub struct Stretch {
    /// In which function.
    pub function: FunctionId,
    /// In which of its sequences.
    pub sequence: InstrSeqId,
    /// The first instruction's place in the sequence.
    pub start: usize,
}

/// All stretches, in an order that the wasm alone decides: a stretch is known by its number in it. A function's first one begins with it.
pub fn stretches(module: &Module) -> Vec<Stretch> {
    let mut all = Vec::new();
    for (function, local) in module.funcs.iter_local() {
        let mut sequences = vec![local.entry_block()];
        while let Some(sequence) = sequences.pop() {
            all.push(Stretch { function, sequence, start: 0 });
            for (index, (instruction, _)) in local.block(sequence).instrs.iter().enumerate() {
                let inner = inner(instruction);
                if !inner.is_empty() || matches!(instruction, Instr::BrIf(_)) {
                    all.push(Stretch { function, sequence, start: index + 1 });
                }
                sequences.extend(inner);
            }
        }
    }
    all
}

/// The sequences within an instruction.
pub fn inner(instruction: &Instr) -> Vec<InstrSeqId> {
    match instruction {
        Instr::Block(block) => vec![block.seq],
        Instr::Loop(block) => vec![block.seq],
        Instr::IfElse(arms) => vec![arms.consequent, arms.alternative],
        Instr::TryTable(block) => vec![block.seq],
        _ => Vec::new(),
    }
}

/// The same module, which notes the stretches that run.
pub fn mark(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module = split::parse(wasm)?;
    let stretches = stretches(&module);
    // Behind what the memory begins with: programs ask for more, and are given what follows.
    let memory = module.memories.iter_mut().next().context("the wasm has no memory")?;
    let start = memory.initial * PAGE;
    memory.initial += (stretches.len() as u64).div_ceil(PAGE);
    memory.maximum = memory.maximum.map(|maximum| maximum.max(memory.initial));
    let memory = memory.id();
    for (name, value) in [(RAN, start), (STRETCHES, stretches.len() as u64)] {
        let value = ConstExpr::Value(Value::I32(i32::try_from(value)?));
        let global = module.globals.add_local(ValType::I32, false, false, value);
        module.exports.add(name, global);
    }
    // From the last: what is put in at one place does not move the places before it.
    for (number, stretch) in stretches.iter().enumerate().rev() {
        let note = [
            Instr::from(Const { value: Value::I32(i32::try_from(start)? + i32::try_from(number)?) }),
            Instr::from(Const { value: Value::I32(1) }),
            Instr::from(Store {
                memory,
                kind: StoreKind::I32_8 { atomic: false },
                arg: MemArg { align: 1, offset: 0 },
            }),
        ];
        let function = module.funcs.get_mut(stretch.function).kind.unwrap_local_mut();
        let note = note.map(|instruction| (instruction, Default::default()));
        function.block_mut(stretch.sequence).instrs.splice(stretch.start..stretch.start, note);
    }
    Ok(module.emit_wasm())
}

/// How many instructions there are from a place in a sequence to its end, with all within.
pub fn weight(function: &LocalFunction, sequence: InstrSeqId, start: usize) -> usize {
    let mut weight = 0;
    let mut sequences = vec![(sequence, start)];
    while let Some((sequence, start)) = sequences.pop() {
        for (instruction, _) in &function.block(sequence).instrs[start..] {
            weight += 1;
            sequences.extend(inner(instruction).into_iter().map(|inner| (inner, 0)));
        }
    }
    weight
}
