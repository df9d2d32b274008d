//! Prints the schema's document, on one line.

fn main() {
    println!("{}", schema::document());
}
