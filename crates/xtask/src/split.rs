//! Splits the page's wasm in two: what is loaded first, and what is loaded when it is needed.
//!
//! The first part is everything that ran while the page did what people do every day ([`crate::everyday`]), and what
//! would save nothing elsewhere. All other functions move to the second part, which shares the first one's memory,
//! tables and globals and calls its functions through its exports.
//!
//! In the place of a function that moved, the first part has a stub: it makes sure that the second part is there (if not,
//! `web/static/boot.js` loads it before it returns) and calls the function through a slot of the table, which the second
//! part fills when it is instantiated. So nothing in the engine or the page knows of the parts, a call never meets a
//! function that is not there, and what is in which part decides about time alone.
//!
//! What did not run of functions that ran is made functions of its own before ([`crate::outline`]). Constants that only
//! functions of the second part read move with them ([`crate::constants`]): the first part has zeros there, until the
//! second is instantiated.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use walrus::ir::{Const, Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, DataKind, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind,
    GlobalId, GlobalKind, ImportedFunction, LocalFunction, Module, ModuleConfig, TableId, ValType, passes,
};

use crate::{constants, marks, outline};

/// A function's number in the module that is split: the same in every copy that is prepared of it.
type Index = usize;

/// The module name under which the second part imports what the first one exports.
const FIRST: &str = "first";

/// The module name under which the first part imports [`LOAD`].
const SECOND: &str = "second";

/// The function that returns when the second part is there.
const LOAD: &str = "load";

/// The first part's global that the second one sets when its functions can be called.
const READY: &str = "ready";

/// Crates whose functions run at moments that no recording can be sure to meet (Yew's hash maps begin with random numbers,
/// memory lies as it fell): all theirs is in the first part.
const ALWAYS_FIRST: [&str; 9] = [
    "yew",
    "wasm_bindgen",
    "js_sys",
    "web_sys",
    "gloo_events",
    "gloo_utils",
    "hashbrown",
    "indexmap",
    "talc",
];

/// Crates of which what runs depends on the frames' timing: of a function that ran, all is in the first part.
const WHOLE: [&str; 2] = ["playground", "web"];

/// A function of at most so many instructions is not bigger than its stub.
const SMALL: u64 = 6;
/// Where the linker lays constants: behind a stack of a mebibyte.
const CONSTANTS: i32 = 1 << 20;

/// The two parts, as wasm.
pub struct Parts {
    /// Loaded first.
    pub first: Vec<u8>,
    /// Loaded when needed.
    pub second: Vec<u8>,
}

/// Splits a module that still has its functions' mangled names; `ran` are the [stretches](marks::stretches) that must be in
/// the first part. `linked` is what the linker made, of which wasm-bindgen made the module.
pub fn split(wasm: &[u8], linked: &[u8], ran: &BTreeSet<usize>) -> Result<Parts> {
    let (module, ran_first) = prepared(wasm, ran)?;
    let mut plan = Plan::new(&module, &ran_first)?;
    plan.constants = constants::of_second_part(linked, |name| !plan.names.contains(name))?;
    Ok(Parts { first: first(module, &plan)?, second: second(prepared(wasm, ran)?.0, &plan)? })
}

/// The module, with what did not run of functions that ran in functions of its own; and the functions that ran.
fn prepared(wasm: &[u8], ran: &BTreeSet<usize>) -> Result<(Module, BTreeSet<Index>)> {
    let mut module = parse(wasm)?;
    let stretches = marks::stretches(&module);
    outline::outline(&mut module, &stretches, ran, |name| !is_always_first(name) && !is_of(name, &WHOLE));
    let begun = stretches.iter().enumerate().filter(|(number, _)| ran.contains(number));
    Ok((module, begun.map(|(_, stretch)| stretch.function.index()).collect()))
}

/// Reads a module, to be written without its functions' names.
pub fn parse(wasm: &[u8]) -> Result<Module> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    let mut module = config.parse(wasm).context("cannot read the wasm")?;
    // What the linker left is about the module that it left, and bigger than that.
    let sections: Vec<_> = module.customs.iter().map(|(id, _)| id).collect();
    sections.into_iter().for_each(|section| {
        module.customs.delete(section);
    });
    Ok(module)
}

/// The ids of all functions, by number.
fn functions(module: &Module) -> Vec<FunctionId> {
    module.funcs.iter().map(|function| function.id()).collect()
}

fn number(number: u32) -> ConstExpr {
    ConstExpr::Value(Value::I32(number.cast_signed()))
}

fn table(module: &Module) -> Result<TableId> {
    module.tables.main_function_table()?.context("the wasm has no table of functions")
}

/// What goes where.
struct Plan {
    /// Where in the table a function that moved is found, for those that the first part refers to.
    slots: BTreeMap<Index, Vec<u32>>,
    /// How long the table must be.
    table_length: u32,
    /// The functions of the first part that the second one calls.
    shared: BTreeSet<Index>,
    /// The names of the functions that moved, but for those that one that stays has too.
    names: BTreeSet<String>,
    /// The addresses of the constants that moved.
    constants: Vec<Range<u32>>,
}

impl Plan {
    fn new(module: &Module, ran: &BTreeSet<Index>) -> Result<Plan> {
        let calls: Vec<BTreeSet<Index>> = module.funcs.iter().map(|function| calls(&function.kind)).collect();
        let stays: Vec<bool> = module
            .funcs
            .iter()
            .map(|function| match &function.kind {
                FunctionKind::Local(local) => {
                    ran.contains(&function.id().index())
                        || local.size() <= SMALL && !holds_constants(local)
                        || function.name.as_deref().is_some_and(is_always_first)
                }
                _ => true,
            })
            .collect();
        let moved: BTreeSet<Index> = (0..stays.len()).filter(|index| !stays[*index]).collect();
        ensure!(moved.len() < ran.len() * 10, "hardly anything ran: the wasm that ran was another one");

        let mut slots = slots(module)?;
        slots.retain(|index, _| moved.contains(index));
        let mut table_length = u32::try_from(module.tables.get(table(module)?).initial)?;
        let called = (0..stays.len()).filter(|index| stays[*index]).flat_map(|index| &calls[index]).copied();
        for index in called.chain(exported(module)).filter(|index| moved.contains(index)) {
            slots.entry(index).or_insert_with(|| {
                table_length += 1;
                vec![table_length - 1]
            });
        }
        let shared = moved.iter().flat_map(|index| &calls[*index]).copied().filter(|index| stays[*index]);
        let name = |function: &walrus::Function| function.name.clone();
        let (stay, move_): (Vec<_>, Vec<_>) =
            module.funcs.iter().partition(|function| stays[function.id().index()]);
        let mut names: BTreeSet<String> = move_.into_iter().filter_map(name).collect();
        stay.into_iter().filter_map(name).for_each(|name| {
            names.remove(&name);
        });
        Ok(Plan { shared: shared.collect(), slots, table_length, names, constants: Vec::new() })
    }
}

/// Whether a function may run at any moment, by its mangled name: one of those crates, or one that drops what they have boxed
/// (Yew's queue does so when two changes come before one drawing).
fn is_always_first(name: &str) -> bool {
    let demangled = format!("{:#}", rustc_demangle::demangle(name));
    let drops = |krate: &&str| demangled.contains(&format!("dyn {krate}::"));
    is_of(name, &ALWAYS_FIRST)
        || demangled.starts_with("core::ptr::drop_in_place<") && ALWAYS_FIRST.iter().any(drops)
}

/// Whether a function's mangled name says that it is of one of those crates: `<web::app::App as …>::view` too.
fn is_of(name: &str, crates: &[&str]) -> bool {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    let name = name.trim_start_matches(['<', '&']);
    name.split("::").next().is_some_and(|krate| crates.contains(&krate))
}

/// Whether there is an address of a constant in the function: that would stay with it.
fn holds_constants(function: &LocalFunction) -> bool {
    struct Holds(bool);
    impl Visitor<'_> for Holds {
        fn visit_const(&mut self, instruction: &Const) {
            self.0 |= matches!(instruction.value, Value::I32(number) if number >= CONSTANTS);
        }
    }
    let mut holds = Holds(false);
    dfs_in_order(&mut holds, function, function.entry_block());
    holds.0
}

/// The functions that a function calls or refers to by name.
fn calls(kind: &FunctionKind) -> BTreeSet<Index> {
    struct Calls(BTreeSet<Index>);
    impl Visitor<'_> for Calls {
        fn visit_function_id(&mut self, function: &FunctionId) {
            self.0.insert(function.index());
        }
    }
    let mut calls = Calls(BTreeSet::new());
    if let FunctionKind::Local(function) = kind {
        dfs_in_order(&mut calls, function, function.entry_block());
    }
    calls.0
}

/// The exported functions.
fn exported(module: &Module) -> impl Iterator<Item = Index> {
    module.exports.iter().filter_map(|export| match export.item {
        ExportItem::Function(function) => Some(function.index()),
        _ => None,
    })
}

/// Where in the table each function is.
fn slots(module: &Module) -> Result<BTreeMap<Index, Vec<u32>>> {
    let table = table(module)?;
    let mut slots = BTreeMap::<Index, Vec<u32>>::new();
    for element in module.elements.iter() {
        let ElementItems::Functions(functions) = &element.items else {
            bail!("a segment of the table is made of expressions: the splitter knows functions only");
        };
        match &element.kind {
            ElementKind::Active { table: of, offset: ConstExpr::Value(Value::I32(offset)) }
                if *of == table =>
            {
                for (slot, function) in (offset.cast_unsigned()..).zip(functions) {
                    slots.entry(function.index()).or_default().push(slot);
                }
            }
            ElementKind::Declared => {}
            kind => bail!("the splitter does not know segments of the table such as {kind:?}"),
        }
    }
    Ok(slots)
}

/// The first part: stubs in place of what moved, and exports of what the second part uses.
fn first(mut module: Module, plan: &Plan) -> Result<Vec<u8>> {
    let functions = functions(&module);
    for (rank, index) in plan.shared.iter().enumerate() {
        if let FunctionKind::Local(_) = module.funcs.get(functions[*index]).kind {
            module.exports.add(&function_name(rank), functions[*index]);
        }
    }
    export_state(&mut module);
    let ready = module.globals.add_local(ValType::I32, true, false, number(0));
    module.exports.add(READY, ready);
    let ensure_second = ensure_second(&mut module, ready);

    let table = table(&module)?;
    let length = u64::from(plan.table_length);
    module.tables.get_mut(table).initial = length;
    if let Some(maximum) = &mut module.tables.get_mut(table).maximum {
        *maximum = length.max(*maximum);
    }
    for (index, slots) in &plan.slots {
        let id = functions[*index];
        let ty = module.funcs.get(id).ty();
        let (parameters, results) = module.types.params_results(ty);
        let (parameters, results) = (parameters.to_vec(), results.to_vec());
        let arguments: Vec<_> = parameters.iter().map(|ty| module.locals.add(*ty)).collect();
        let mut stub = FunctionBuilder::new(&mut module.types, &parameters, &results);
        let mut body = stub.func_body();
        body.call(ensure_second);
        arguments.iter().for_each(|argument| {
            body.local_get(*argument);
        });
        body.i32_const(slots[0].cast_signed()).call_indirect(ty, table);
        module.funcs.get_mut(id).kind = FunctionKind::Local(stub.local_func(arguments));
    }
    take(&mut module, &plan.constants)?;
    // With the stubs in place, nothing refers any more to the functions that moved without one.
    passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

/// Adds the function that returns when the second part is there.
fn ensure_second(module: &mut Module, ready: GlobalId) -> FunctionId {
    let nothing = module.types.add(&[], &[]);
    let (load, _) = module.add_import_func(SECOND, LOAD, nothing);
    let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
    function.func_body().block(None, |block| {
        let end = block.id();
        block.global_get(ready).br_if(end).call(load);
    });
    function.finish(Vec::new(), &mut module.funcs)
}

/// The second part: what moved, with everything else imported.
fn second(mut module: Module, plan: &Plan) -> Result<Vec<u8>> {
    let functions = functions(&module);
    let constants = take(&mut module, &plan.constants)?;
    remove_beginnings(&mut module)?;
    import_state(&mut module);
    for (rank, index) in plan.shared.iter().enumerate() {
        let id = functions[*index];
        if let FunctionKind::Local(_) = module.funcs.get(id).kind {
            let ty = module.funcs.get(id).ty();
            let import = module.imports.add(FIRST, &function_name(rank), id);
            module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
        }
    }
    fill_table(&mut module, plan, &functions)?;
    fill_memory(&mut module, constants)?;
    // The start function runs when the table is filled.
    let (ready, _) = module.add_import_global(FIRST, READY, ValType::I32, true, false);
    let mut start = FunctionBuilder::new(&mut module.types, &[], &[]);
    start.func_body().i32_const(1).global_set(ready);
    module.start = Some(start.finish(Vec::new(), &mut module.funcs));
    passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

/// Removes what the first part does when it is instantiated, and by which it is called.
fn remove_beginnings(module: &mut Module) -> Result<()> {
    ensure!(module.start.is_none(), "the splitter does not know modules with a start function");
    let exports: Vec<_> = module.exports.iter().map(|export| export.id()).collect();
    exports.into_iter().for_each(|export| module.exports.delete(export));
    let data: Vec<_> = module.data.iter().map(|data| data.id()).collect();
    data.into_iter().for_each(|data| module.data.delete(data));
    module.memories.iter_mut().for_each(|memory| memory.data_segments.clear());
    let elements: Vec<_> = module.elements.iter().map(|element| element.id()).collect();
    elements.into_iter().for_each(|element| module.elements.delete(element));
    module.tables.iter_mut().for_each(|table| table.elem_segments.clear());
    Ok(())
}

/// Puts every function that moved where the first part looks for it.
fn fill_table(module: &mut Module, plan: &Plan, functions: &[FunctionId]) -> Result<()> {
    let table = table(module)?;
    module.tables.get_mut(table).initial = u64::from(plan.table_length);
    let mut by_slot = BTreeMap::new();
    for (index, slots) in &plan.slots {
        by_slot.extend(slots.iter().map(|slot| (*slot, functions[*index])));
    }
    let slots: Vec<(u32, FunctionId)> = by_slot.into_iter().collect();
    for run in slots.chunk_by(|(slot, _), (next, _)| slot + 1 == *next) {
        let kind = ElementKind::Active { table, offset: number(run[0].0) };
        let functions = run.iter().map(|(_, function)| *function).collect();
        let segment = module.elements.add(kind, ElementItems::Functions(functions));
        module.tables.get_mut(table).elem_segments.insert(segment);
    }
    Ok(())
}

/// Puts the constants that moved where they were.
fn fill_memory(module: &mut Module, constants: Vec<(u32, Vec<u8>)>) -> Result<()> {
    let memory = module.memories.iter().next().context("the wasm has no memory")?.id();
    for (address, bytes) in constants {
        let data = module.data.add(DataKind::Active { memory, offset: number(address) }, bytes);
        module.memories.get_mut(memory).data_segments.insert(data);
    }
    Ok(())
}

/// Takes the bytes at these addresses out of the module's data, and leaves zeros.
fn take(module: &mut Module, ranges: &[Range<u32>]) -> Result<Vec<(u32, Vec<u8>)>> {
    let segments: Vec<_> = module.data.iter().map(|data| data.id()).collect();
    let mut taken = Vec::new();
    for id in segments {
        let data = module.data.get_mut(id);
        let DataKind::Active { offset: ConstExpr::Value(Value::I32(base)), .. } = data.kind else {
            bail!("the splitter knows data at constant addresses only");
        };
        for range in ranges {
            let start = range.start.checked_sub(base.cast_unsigned()).map(|start| start as usize);
            if let Some(bytes) = start.and_then(|start| data.value.get_mut(start..start + range.len())) {
                taken.push((range.start, bytes.to_vec()));
                bytes.fill(0);
            }
        }
    }
    ensure!(taken.len() == ranges.len(), "the linker's constants are not where they were");
    Ok(taken)
}

/// The name under which the first part exports the function of that rank among those that it exports: there are thousands.
fn function_name(rank: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits = if rank < 1 << 12 { 2 } else { 3 };
    (0..digits).rev().map(|at| char::from(DIGITS[(rank >> (6 * at)) % 64])).collect()
}

/// Exports memories, tables and globals under the names of [`import_state`].
fn export_state(module: &mut Module) {
    for memory in module.memories.iter() {
        module.exports.add(&format!("memory {}", memory.id().index()), memory.id());
    }
    for table in module.tables.iter() {
        module.exports.add(&format!("table {}", table.id().index()), table.id());
    }
    for global in module.globals.iter() {
        module.exports.add(&format!("global {}", global.id().index()), global.id());
    }
}

/// Makes imports of memories, tables and globals.
fn import_state(module: &mut Module) {
    for memory in module.memories.iter_mut() {
        let name = format!("memory {}", memory.id().index());
        memory.import = Some(module.imports.add(FIRST, &name, memory.id()));
    }
    for table in module.tables.iter_mut() {
        let name = format!("table {}", table.id().index());
        table.import = Some(module.imports.add(FIRST, &name, table.id()));
        table.maximum = None;
    }
    for id in module.globals.iter().map(|global| global.id()).collect::<Vec<_>>() {
        let import = module.imports.add(FIRST, &format!("global {}", id.index()), id);
        module.globals.get_mut(id).kind = GlobalKind::Import(import);
    }
}

#[cfg(test)]
mod tests;
