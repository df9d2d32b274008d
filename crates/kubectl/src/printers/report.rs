//! What a verb says when it has done something: `pod/web-0 created`, or the object in the format of `-o`.
//!
//! Models cli-runtime/pkg/printers/name.go (`NamePrinter`) and genericclioptions/print_flags.go.

use serde_json::Value;

use super::output::Format;
use crate::context::Context;
use crate::failure::Failure;
use crate::flags::Parsed;
use crate::resource::Info;
use crate::verbs::{DryRun, done};

/// How a verb reports.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    format: Format,
    dry_run: DryRun,
    is_typed: bool,
    documents: usize,
    count: usize,
}

impl Report {
    /// The report that `-o` asks for.
    ///
    /// # Errors
    /// If there is no such format.
    pub fn new(context: &Context<'_, '_>, parsed: &Parsed, dry_run: DryRun) -> Result<Report, Failure> {
        let format = Format::parse(context, parsed, "", false)?;
        Ok(Report { format, dry_run, is_typed: false, documents: 0, count: 0 })
    }

    /// The same of a verb that holds objects in their Go types; others have them as they came.
    ///
    /// # Errors
    /// If there is no such format.
    pub fn typed(context: &Context<'_, '_>, parsed: &Parsed, dry_run: DryRun) -> Result<Report, Failure> {
        Ok(Report { is_typed: true, ..Report::new(context, parsed, dry_run)? })
    }

    /// How many objects were reported.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Counts an object that was reported in other words.
    pub fn counted(&mut self) {
        self.count += 1;
    }

    /// Whether objects are printed whole.
    pub fn prints_objects(&self) -> bool {
        !matches!(self.format, Format::Human | Format::Name)
    }

    /// Whether no format was asked for.
    pub fn is_plain(&self) -> bool {
        self.format == Format::Human
    }

    /// Whether only names are printed.
    pub fn is_name(&self) -> bool {
        self.format == Format::Name
    }

    /// Says what was done to an object.
    ///
    /// # Errors
    /// If a template of `-o` fails.
    pub fn done(
        &mut self,
        context: &mut Context<'_, '_>,
        info: &Info,
        operation: &str,
        object: &Value,
    ) -> Result<(), Failure> {
        self.count += 1;
        match &self.format {
            Format::Human => {
                context.out(format!("{} {}\n", info.type_and_name(), done(operation, self.dry_run)));
                Ok(())
            }
            Format::Name => {
                context.out(format!("{}\n", info.type_and_name()));
                Ok(())
            }
            _ => self.whole(context, object),
        }
    }

    /// Prints a value as it is, in the format of `-o`.
    ///
    /// # Errors
    /// If a template of `-o` fails.
    pub fn whole(&mut self, context: &mut Context<'_, '_>, value: &Value) -> Result<(), Failure> {
        if self.format == Format::Yaml && self.documents > 0 {
            context.out("---\n");
        }
        self.documents += 1;
        match self.is_typed {
            true => self.format.print_typed(context, value),
            false => self.format.print(context, value, false),
        }
    }
}
