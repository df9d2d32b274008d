//! Which constants of the page's wasm (strings, tables) only functions of the second part read.
//!
//! The linker knows, and says it when it is asked to leave its relocations: which function, and which constant, refers to
//! which constant. No address is guessed from code.

use std::collections::BTreeMap;
use std::mem;
use std::ops::Range;

use anyhow::{Context, Result, bail};
use wasmparser::{
    DataKind, KnownCustom, Linking, Name, Operator, Parser, Payload, RelocAddendKind, RelocationEntry,
    SymbolInfo, TypeRef,
};

/// The segment that is never written to.
const READ_ONLY: &str = ".rodata";

/// The addresses of what only functions read that are not in the first part: `is_first` is asked with mangled names.
/// `linked` is the wasm as the linker left it; the ranges are in order and do not touch.
pub fn of_second_part(linked: &[u8], is_first: impl Fn(&str) -> bool) -> Result<Vec<Range<u32>>> {
    let linked = Linked::read(linked)?;
    let constants = linked.constants();
    let mut found: Vec<usize> = Vec::new();
    for (at, address) in linked.references(&linked.code)? {
        // What has no name is not known to be in the second part.
        if linked.function_at(at).is_none_or(&is_first) {
            found.extend(holding(&constants, address));
        }
    }
    let mut referred = vec![Vec::new(); constants.len()];
    for (at, address) in linked.references(&linked.data)? {
        let from = linked.address_of(at).context("a relocation lies in no segment of data")?;
        match holding(&constants, from) {
            Some(constant) => referred[constant].extend(holding(&constants, address)),
            None => found.extend(holding(&constants, address)),
        }
    }
    found.extend((0..constants.len()).filter(|index| !linked.is_read_only(constants[*index].start)));
    let mut is_needed = vec![false; constants.len()];
    while let Some(constant) = found.pop() {
        if !mem::replace(&mut is_needed[constant], true) {
            found.extend(&referred[constant]);
        }
    }
    let rest = constants.into_iter().zip(is_needed).filter(|(_, is_needed)| !is_needed);
    Ok(joined(rest.map(|(constant, _)| constant), |start, end| start <= end))
}

/// Joins ranges that come in the order of their starts, if the next one's start and the last one's end are such.
fn joined(ranges: impl Iterator<Item = Range<u32>>, join: fn(u32, u32) -> bool) -> Vec<Range<u32>> {
    let mut joined: Vec<Range<u32>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if join(range.start, last.end) => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The constant that holds the byte at this address.
fn holding(constants: &[Range<u32>], address: u32) -> Option<usize> {
    let index = constants.partition_point(|constant| constant.end <= address);
    constants.get(index).filter(|constant| constant.contains(&address)).map(|_| index)
}

/// What the linker says.
#[derive(Default)]
struct Linked<'a> {
    /// Where in the file each function's body is, and the names by function (imports come first, and have no body).
    bodies: Vec<Range<usize>>,
    imported: usize,
    names: BTreeMap<usize, &'a str>,
    segments: Vec<Segment<'a>>,
    symbols: Vec<SymbolInfo<'a>>,
    code: Relocations,
    data: Relocations,
}

/// A segment of data: its name, where it is in the file, and where in memory.
struct Segment<'a> {
    name: &'a str,
    file: Range<usize>,
    address: u32,
}

/// A section's relocations, and where in the file the section begins.
#[derive(Default)]
struct Relocations {
    section: usize,
    entries: Vec<RelocationEntry>,
}

impl<'a> Linked<'a> {
    fn read(wasm: &'a [u8]) -> Result<Linked<'a>> {
        let mut linked = Linked::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        linked.imported += usize::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionStart { range, .. } => linked.code.section = range.start,
                Payload::CodeSectionEntry(body) => linked.bodies.push(body.range()),
                Payload::DataSection(segments) => {
                    linked.data.section = segments.range().start;
                    for segment in segments {
                        let segment = segment?;
                        let file = segment.range.end - segment.data.len()..segment.range.end;
                        let address = address(&segment.kind)?;
                        linked.segments.push(Segment { name: "", file, address });
                    }
                }
                Payload::CustomSection(section) => match (section.as_known(), section.name()) {
                    (KnownCustom::Name(names), _) => linked.read_names(names)?,
                    (KnownCustom::Linking(linking), _) => linked.read_linking(linking)?,
                    (KnownCustom::Reloc(entries), "reloc.CODE") => {
                        linked.code.entries = entries.entries().into_iter().collect::<Result<_, _>>()?;
                    }
                    (KnownCustom::Reloc(entries), "reloc.DATA") => {
                        linked.data.entries = entries.entries().into_iter().collect::<Result<_, _>>()?;
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        anyhow::ensure!(!linked.code.entries.is_empty(), "the linker left no relocations");
        Ok(linked)
    }

    fn read_names(&mut self, names: wasmparser::NameSectionReader<'a>) -> Result<()> {
        for names in names {
            if let Name::Function(names) = names? {
                for name in names {
                    let name = name?;
                    self.names.insert(name.index as usize, name.name);
                }
            }
        }
        Ok(())
    }

    fn read_linking(&mut self, linking: wasmparser::LinkingSectionReader<'a>) -> Result<()> {
        for part in linking.subsections() {
            match part? {
                Linking::SymbolTable(symbols) => {
                    self.symbols = symbols.into_iter().collect::<Result<_, _>>()?;
                }
                Linking::SegmentInfo(names) => {
                    for (segment, name) in self.segments.iter_mut().zip(names) {
                        segment.name = name?.name;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The bytes that each symbol calls its own; those that overlap, as one. In order.
    fn constants(&self) -> Vec<Range<u32>> {
        let mut constants: Vec<Range<u32>> = self
            .symbols
            .iter()
            .filter_map(|symbol| match symbol {
                SymbolInfo::Data { symbol: Some(place), .. } => {
                    let start = self.segments.get(place.index as usize)?.address + place.offset;
                    Some(start..start + place.size)
                }
                _ => None,
            })
            .collect();
        constants.sort_by_key(|constant| (constant.start, constant.end));
        joined(constants.into_iter(), |start, end| start < end)
    }

    /// Each place in the file that holds the address of a symbol of data, with the address of that symbol's first byte:
    /// what is added to it may lead out of what is meant.
    fn references(&self, relocations: &Relocations) -> Result<Vec<(usize, u32)>> {
        let mut references = Vec::new();
        for entry in &relocations.entries {
            // Only addresses in memory have something added.
            if matches!(entry.ty.addend_kind(), RelocAddendKind::None) {
                continue;
            }
            match self.symbols.get(entry.index as usize) {
                Some(SymbolInfo::Data { symbol: Some(place), .. }) => {
                    let segment = self.segments.get(place.index as usize);
                    // The memory after the segments, which begins as zeros, has no constants.
                    let Some(segment) = segment else { continue };
                    references
                        .push((relocations.section + entry.offset as usize, segment.address + place.offset));
                }
                Some(SymbolInfo::Data { symbol: None, .. } | SymbolInfo::Section { .. }) => {}
                symbol => bail!("a relocation of memory refers to {symbol:?}"),
            }
        }
        Ok(references)
    }

    /// The name of the function whose body holds this place in the file.
    fn function_at(&self, at: usize) -> Option<&'a str> {
        let body = self.bodies.partition_point(|body| body.end <= at);
        self.names.get(&(self.imported + body)).copied()
    }

    /// The address at which this place in the file ends up.
    fn address_of(&self, at: usize) -> Option<u32> {
        let segment = self.segments.iter().find(|segment| segment.file.contains(&at))?;
        Some(segment.address + u32::try_from(at - segment.file.start).ok()?)
    }

    fn is_read_only(&self, address: u32) -> bool {
        self.segments.iter().any(|segment| {
            let length = segment.file.len() as u64;
            let within = u64::from(address).checked_sub(u64::from(segment.address));
            segment.name == READ_ONLY && within.is_some_and(|within| within < length)
        })
    }
}

fn address(kind: &DataKind) -> Result<u32> {
    if let DataKind::Active { offset_expr, .. } = kind
        && let Operator::I32Const { value } = offset_expr.get_operators_reader().read()?
    {
        return Ok(value.cast_unsigned());
    }
    bail!("a segment of data has no constant address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_that_overlap_are_one_constant_and_those_that_touch_are_two() {
        let constants = joined([0..4, 2..6, 6..8, 10..12].into_iter(), |start, end| start < end);
        assert_eq!(constants, [0..6, 6..8, 10..12]);
        for (address, constant) in
            [(0, Some(0)), (5, Some(0)), (6, Some(1)), (8, None), (11, Some(2)), (12, None)]
        {
            assert_eq!(holding(&constants, address), constant, "{address}");
        }
    }
}
