//! Moves what never ran out of functions that did, into functions of its own, which can go to the second part.
//!
//! What moves is the rest of a sequence of instructions, from where the code that ran left it for good: an error that is
//! put into words, an arm for a kind that nobody has. It takes the values of the locals that it reads, and gives back
//! those that it may have changed with the way on which it ended: at its end, through a branch out of it, or a return.

use std::collections::{BTreeMap, BTreeSet};

use walrus::ir::{
    BinaryOp, Binop, Block, Br, BrIf, BrTable, Call, Const, IfElse, Instr, InstrLocId, InstrSeqId,
    InstrSeqType, LocalGet, LocalSet, LocalTee, Loop, Return, Unreachable, Value, Visitor, dfs_in_order,
};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, LocalFunction, LocalId, Module, ValType};

use crate::marks::{Stretch, inner, weight};

/// An instruction, and where it comes from.
type Located = (Instr, InstrLocId);

/// What is not bigger than this many instructions would not gain by moving; each local that it takes costs
/// [`PARAMETER`] more, each that it gives back [`RESULT`].
const CALL: usize = 16;
const PARAMETER: usize = 2;
const RESULT: usize = 3;

/// Outlines what did not run of the functions that did. `ran` has the numbers of `stretches` that ran, `may` says of
/// which functions something may move.
pub fn outline(
    module: &mut Module,
    stretches: &[Stretch],
    ran: &BTreeSet<usize>,
    may: impl Fn(&str) -> bool,
) {
    let mut functions: BTreeMap<FunctionId, BTreeMap<InstrSeqId, Vec<(usize, bool)>>> = BTreeMap::new();
    for (number, stretch) in stretches.iter().enumerate() {
        let sequences = functions.entry(stretch.function).or_default();
        sequences.entry(stretch.sequence).or_default().push((stretch.start, ran.contains(&number)));
    }
    for (id, ran) in functions {
        let function = module.funcs.get(id);
        let FunctionKind::Local(local) = &function.kind else { continue };
        if !ran[&local.entry_block()][0].1 || !function.name.as_deref().is_some_and(&may) {
            continue;
        }
        for region in regions(local, &ran) {
            region.outline(module, id);
        }
    }
}

/// The rest of a sequence of a function, from an instruction on.
struct Region {
    sequence: InstrSeqId,
    start: usize,
}

/// What did not run of a function; nothing that is within another. `ran` says of each sequence where its stretches begin
/// and whether they ran.
fn regions(function: &LocalFunction, ran: &BTreeMap<InstrSeqId, Vec<(usize, bool)>>) -> Vec<Region> {
    let mut regions = Vec::new();
    let mut sequences = vec![function.entry_block()];
    while let Some(sequence) = sequences.pop() {
        let instructions = &function.block(sequence).instrs;
        // The way to what follows in a sequence leads through what is before it: if that did not run, neither did this.
        let start =
            ran[&sequence].iter().find(|(_, ran)| !ran).map_or(instructions.len(), |(start, _)| *start);
        sequences.extend(instructions[..start].iter().flat_map(|(instruction, _)| inner(instruction)));
        if start < instructions.len() {
            regions.push(Region { sequence, start });
        }
    }
    regions
}

/// A way on which a region ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// At its end.
    End,
    /// Through a branch to a sequence around it.
    Branch(InstrSeqId),
    /// With a return from the function.
    Return,
}

impl Region {
    /// Moves the region into a function of its own, if it can be moved and that gains something.
    fn outline(&self, module: &mut Module, id: FunctionId) {
        let FunctionKind::Local(function) = &module.funcs.get(id).kind else { return };
        let mut instructions = function.block(self.sequence).instrs[self.start..].to_vec();
        let is_body = self.sequence == function.entry_block();
        if is_body {
            // The function's end is a return.
            instructions.push(located(Return {}));
        }
        let facts = Facts::of(function, &instructions);
        let results = module.types.results(function.ty());
        let is_plain = |sequence: &InstrSeqId| function.block(*sequence).ty == InstrSeqType::Simple(None);
        let are_plain = facts.exits.iter().all(|exit| match exit {
            Exit::End => is_plain(&self.sequence),
            Exit::Branch(sequence) => is_plain(sequence),
            Exit::Return => results.len() <= 1,
        });
        let (takes, gives) = facts.takes_and_gives(function);
        let cost = CALL + PARAMETER * takes.len() + RESULT * gives.len();
        if !are_plain || facts.is_strange || weight(function, self.sequence, self.start) <= cost {
            return;
        }
        let returned = match results {
            [ty] if facts.exits.contains(&Exit::Return) => Some(module.locals.add(*ty)),
            _ => None,
        };
        let outlined = Outlined { exits: facts.exits.into_iter().collect(), takes, gives, returned };
        let name = module.funcs.get(id).name.as_ref().map(|name| format!("{name} (rest)"));
        let moved = outlined.function(module, id, &instructions);
        module.funcs.get_mut(moved).name = name;
        outlined.replace(module, id, self, moved);
    }
}

/// What an outlined region has to do with its function.
#[derive(Default)]
struct Facts {
    inside: BTreeSet<InstrSeqId>,
    exits: BTreeSet<Exit>,
    /// Locals that may be read before they are written.
    read_first: BTreeSet<LocalId>,
    /// Locals that are written.
    written: BTreeSet<LocalId>,
    /// How often each local is read.
    reads: BTreeMap<LocalId, usize>,
    /// Whether something leaves the region that is no [`Exit`].
    is_strange: bool,
}

impl Facts {
    fn of(function: &LocalFunction, instructions: &[Located]) -> Facts {
        let mut facts = Facts::default();
        facts.add(function, instructions, &BTreeSet::new());
        if !instructions.last().is_some_and(|(last, _)| last.following_instructions_are_unreachable()) {
            facts.exits.insert(Exit::End);
        }
        facts
    }

    fn add(
        &mut self,
        function: &LocalFunction,
        instructions: &[Located],
        written_before: &BTreeSet<LocalId>,
    ) {
        let mut written = written_before.clone();
        for (instruction, _) in instructions {
            match instruction {
                Instr::LocalGet(get) => {
                    *self.reads.entry(get.local).or_default() += 1;
                    if !written.contains(&get.local) {
                        self.read_first.insert(get.local);
                    }
                }
                Instr::LocalSet(LocalSet { local }) | Instr::LocalTee(LocalTee { local }) => {
                    written.insert(*local);
                    self.written.insert(*local);
                }
                Instr::Br(Br { block }) | Instr::BrIf(BrIf { block }) => self.leave(*block),
                Instr::BrTable(table) => {
                    table.blocks.iter().chain([&table.default]).for_each(|block| self.leave(*block));
                }
                Instr::Return(_) => {
                    self.exits.insert(Exit::Return);
                }
                Instr::TryTable(_)
                | Instr::ReturnCall(_)
                | Instr::ReturnCallIndirect(_)
                | Instr::ReturnCallRef(_) => self.is_strange = true,
                _ => {}
            }
            // What is written within may not have been when that was left.
            for sequence in inner(instruction) {
                self.inside.insert(sequence);
                self.add(function, &function.block(sequence).instrs, &written);
            }
        }
    }

    fn leave(&mut self, to: InstrSeqId) {
        if !self.inside.contains(&to) {
            self.exits.insert(Exit::Branch(to));
        }
    }

    /// The locals that the region needs, and those of them that are needed after it and may have changed.
    fn takes_and_gives(&self, function: &LocalFunction) -> (Vec<LocalId>, Vec<LocalId>) {
        struct Reads(BTreeMap<LocalId, usize>);
        impl Visitor<'_> for Reads {
            fn visit_local_get(&mut self, get: &LocalGet) {
                *self.0.entry(get.local).or_default() += 1;
            }
        }
        let mut all = Reads(BTreeMap::new());
        dfs_in_order(&mut all, function, function.entry_block());
        let is_read_after = |local: &LocalId| {
            // Or before: in a loop that is the same. And by the region itself, when it runs again.
            all.0.get(local) > self.reads.get(local) || self.read_first.contains(local)
        };
        let goes_on = self.exits.iter().any(|exit| *exit != Exit::Return);
        let gives: Vec<_> =
            self.written.iter().copied().filter(|local| goes_on && is_read_after(local)).collect();
        let takes: BTreeSet<_> = self.read_first.iter().chain(&gives).copied().collect();
        (takes.into_iter().collect(), gives)
    }
}

/// How a region's function is called.
struct Outlined {
    /// The ways on which it ends. If there are several, its last result says which it was, by its place here.
    exits: Vec<Exit>,
    /// The locals that are its parameters.
    takes: Vec<LocalId>,
    /// The locals that are its first results.
    gives: Vec<LocalId>,
    /// The local for the value that the function around it returns, which is a result too.
    returned: Option<LocalId>,
}

impl Outlined {
    /// Makes the function, from the instructions of the one that it is taken from.
    fn function(&self, module: &mut Module, from: FunctionId, instructions: &[Located]) -> FunctionId {
        let ty = |local: &LocalId| module.locals.get(*local).ty();
        let parameters: Vec<ValType> = self.takes.iter().map(ty).collect();
        let mut results: Vec<ValType> = self.gives.iter().chain(&self.returned).map(ty).collect();
        results.extend(self.has_code().then_some(ValType::I32));
        let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &results);
        // Blocks within one another, one for each way out; the instructions are in the innermost. What leaves a block goes
        // on behind it, where its way ends.
        let blocks: Vec<InstrSeqId> =
            self.exits.iter().map(|_| builder.dangling_instr_seq(None).id()).collect();
        let block_of = self.exits.iter().copied().zip(blocks.iter().copied()).collect();
        let body = builder.func_body_id();
        let innermost = blocks.first().copied().unwrap_or(body);
        let function = module.funcs.get(from).kind.unwrap_local();
        let mut copy = Copy { function, builder, block_of, returned: self.returned, copies: BTreeMap::new() };
        copy.instructions(instructions, innermost);
        let mut builder = copy.builder;
        let end: Instr = match copy.block_of.get(&Exit::End) {
            Some(block) => Br { block: *block }.into(),
            None => Unreachable {}.into(),
        };
        builder.instr_seq(innermost).instr(end);
        for (code, block) in blocks.iter().enumerate() {
            let mut around = builder.instr_seq(blocks.get(code + 1).copied().unwrap_or(body));
            around.instr(Block { seq: *block });
            for local in self.gives.iter().chain(&self.returned) {
                around.local_get(*local);
            }
            if self.has_code() {
                around.instr(constant(code));
            }
            around.return_();
        }
        builder.finish(self.takes.clone(), &mut module.funcs)
    }

    /// Puts a call in the place of the region.
    fn replace(&self, module: &mut Module, id: FunctionId, region: &Region, outlined: FunctionId) {
        let code = self.has_code().then(|| module.locals.add(ValType::I32));
        let builder = module.funcs.get_mut(id).kind.unwrap_local_mut().builder_mut();
        let returns: Vec<Instr> = self
            .returned
            .map(|local| LocalGet { local }.into())
            .into_iter()
            .chain([Return {}.into()])
            .collect();
        let mut call: Vec<Instr> = self.takes.iter().map(|local| LocalGet { local: *local }.into()).collect();
        call.push(Call { func: outlined }.into());
        let results = self.gives.iter().chain(&self.returned).chain(&code);
        call.extend(results.rev().map(|local| Instr::from(LocalSet { local: *local })));
        let goes_on = self.exits.first() == Some(&Exit::End);
        for (number, exit) in self.exits.iter().enumerate() {
            let is_last = !goes_on && number + 1 == self.exits.len();
            if let (Some(local), false) = (code, is_last || *exit == Exit::End) {
                call.push(LocalGet { local }.into());
                call.push(constant(number));
                call.push(Binop { op: BinaryOp::I32Eq }.into());
            }
            match exit {
                Exit::End => {}
                Exit::Branch(block) if is_last => call.push(Br { block: *block }.into()),
                Exit::Branch(block) => call.push(BrIf { block: *block }.into()),
                Exit::Return if is_last => call.extend(returns.iter().cloned()),
                Exit::Return => {
                    let consequent = filled(builder, &returns);
                    let alternative = filled(builder, &[]);
                    call.push(IfElse { consequent, alternative }.into());
                }
            }
        }
        if self.exits.is_empty() {
            call.push(Unreachable {}.into());
        }
        let call = call.into_iter().map(located);
        builder.instr_seq(region.sequence).instrs_mut().splice(region.start.., call);
    }

    /// Whether it says on which way it ended.
    fn has_code(&self) -> bool {
        self.exits.len() > 1
    }
}

/// An instruction without a place in a source.
fn located(instruction: impl Into<Instr>) -> Located {
    (instruction.into(), InstrLocId::default())
}

fn constant(number: usize) -> Instr {
    let number = i32::try_from(number).expect("no function has so many ways out");
    Const { value: Value::I32(number) }.into()
}

/// A new sequence of these instructions.
fn filled(builder: &mut FunctionBuilder, instructions: &[Instr]) -> InstrSeqId {
    let mut sequence = builder.dangling_instr_seq(None);
    instructions.iter().for_each(|instruction| {
        sequence.instr(instruction.clone());
    });
    sequence.id()
}

/// Copies instructions from one function to another.
struct Copy<'a> {
    function: &'a LocalFunction,
    builder: FunctionBuilder,
    /// The block to leave for each way out.
    block_of: BTreeMap<Exit, InstrSeqId>,
    returned: Option<LocalId>,
    /// The copies of the sequences within.
    copies: BTreeMap<InstrSeqId, InstrSeqId>,
}

impl Copy<'_> {
    fn instructions(&mut self, instructions: &[Located], to: InstrSeqId) {
        for (instruction, _) in instructions {
            let copy: Instr = match instruction {
                Instr::Block(block) => Block { seq: self.sequence(block.seq) }.into(),
                Instr::Loop(block) => Loop { seq: self.sequence(block.seq) }.into(),
                Instr::IfElse(arms) => {
                    let (consequent, alternative) =
                        (self.sequence(arms.consequent), self.sequence(arms.alternative));
                    IfElse { consequent, alternative }.into()
                }
                Instr::Br(branch) => Br { block: self.target(branch.block) }.into(),
                Instr::BrIf(branch) => BrIf { block: self.target(branch.block) }.into(),
                Instr::BrTable(table) => BrTable {
                    blocks: table.blocks.iter().map(|block| self.target(*block)).collect(),
                    default: self.target(table.default),
                }
                .into(),
                Instr::Return(_) => {
                    if let Some(local) = self.returned {
                        self.builder.instr_seq(to).local_set(local);
                    }
                    Br { block: self.block_of[&Exit::Return] }.into()
                }
                other => other.clone(),
            };
            self.builder.instr_seq(to).instr(copy);
        }
    }

    fn sequence(&mut self, sequence: InstrSeqId) -> InstrSeqId {
        let original = self.function.block(sequence);
        let copy = self.builder.dangling_instr_seq(original.ty).id();
        self.copies.insert(sequence, copy);
        self.instructions(&original.instrs, copy);
        copy
    }

    fn target(&self, block: InstrSeqId) -> InstrSeqId {
        match self.copies.get(&block) {
            Some(copy) => *copy,
            None => self.block_of[&Exit::Branch(block)],
        }
    }
}
