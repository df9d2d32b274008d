//! `kubectl get TYPE NAME --subresource=PART`.
//!
//! Models what kubectl/pkg/cmd/get/get.go prints of a subresource, and printScale of pkg/printers/internalversion/printers.go.

use client::api::{Answer, Request, Subresource, Verb};
use machinery::Status;
use machinery::status::Reason;
use serde_json::Value;

use super::Call;
use super::get::list_of;
use crate::context::Context;
use crate::failure::Failure;
use crate::printers::age;
use crate::printers::output::Format;
use crate::printers::table::TableOptions;
use crate::printers::tabwriter::{TABLE, align};
use crate::resource::{self, Target, Targets};

/// Prints one part of each object, by name.
///
/// # Errors
/// The server's; if objects are not named.
pub(super) fn get(
    call: &Call,
    context: &mut Context<'_, '_>,
    targets: &Targets,
    table: &TableOptions,
    format: &Format,
) -> Result<(), Failure> {
    if targets.list.iter().any(|target| matches!(target, Target::Selected(..))) {
        return Err(Failure::message("subresource cannot be used when bulk resources are specified"));
    }
    let part = match call.parsed.text("subresource").unwrap_or_default() {
        "status" => Subresource::Status,
        "scale" => Subresource::Scale,
        _ => {
            let message = "the server could not find the requested resource".to_owned();
            let status = Status { reason: Reason::NotFound, ..Status::bad_request(message) };
            return Err(Failure::from(Box::new(status)));
        }
    };
    let (mut answers, mut failures) = (Vec::new(), Vec::new());
    for info in resource::infos(context, targets) {
        let answer = info.and_then(|info| {
            let request = Request::new(Verb::Get, info.kind, &info.namespace, &info.name);
            context.call(request.of(part))
        });
        match answer {
            Ok(answer) => answers.push(answer),
            Err(failure) => failures.push(failure),
        }
    }
    if matches!(format, Format::Human | Format::Wide) {
        print_table(context, table, &answers);
    } else {
        let mut values: Vec<Value> = answers.iter().map(|answer| value(context, answer)).collect();
        let printed = if targets.single && values.len() == 1 { values.remove(0) } else { list_of(values) };
        failures.extend(format.print(context, &printed, table.no_headers).err());
    }
    Failure::all(failures)
}

fn value(context: &Context<'_, '_>, answer: &Answer) -> Value {
    match answer {
        Answer::Object(object) => context.whole(object),
        Answer::Json(value) => value.clone(),
        Answer::List(..) => Value::Null,
    }
}

fn print_table(context: &mut Context<'_, '_>, table: &TableOptions, answers: &[Answer]) {
    let (now, features) = (context.now(), context.env.features);
    let mut text = String::new();
    for answer in answers {
        let (header, row) = match answer {
            Answer::Object(object) => {
                (table.header(object.kind(), features), table.row(object, now, features))
            }
            Answer::Json(scale) => ("NAME\tDESIRED\tAVAILABLE\tAGE\n".to_owned(), scale_row(context, scale)),
            Answer::List(..) => continue,
        };
        if text.is_empty() && !table.no_headers {
            text = header;
        }
        text.push_str(&row);
    }
    context.out(align(&text, TABLE));
}

fn scale_row(context: &Context<'_, '_>, scale: &Value) -> String {
    let metadata = &scale["metadata"];
    let number = |value: &Value| value.as_i64().unwrap_or(0);
    let created = serde_json::from_value(metadata["creationTimestamp"].clone()).ok();
    format!(
        "{}\t{}\t{}\t{}\n",
        metadata["name"].as_str().unwrap_or_default(),
        number(&scale["spec"]["replicas"]),
        number(&scale["status"]["replicas"]),
        age::since(created.as_ref(), context.now())
    )
}
