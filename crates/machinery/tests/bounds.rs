//! Hostile text: it is refused with a message, quickly, and without a deep stack (a thread's stack here is as small as
//! WebAssembly's).

use std::thread;

use machinery::yaml::documents;

fn first_error(text: String) -> Option<String> {
    let reader = thread::Builder::new().stack_size(512 * 1024);
    let reading = reader.spawn(move || documents(&text).find_map(Result::err).map(|error| error.to_string()));
    reading.expect("a thread").join().expect("no panic")
}

#[test]
fn hostile_text_is_refused() {
    let yaml = |problem: &str| Some(format!("error converting YAML to JSON: yaml: {problem}"));
    let too_deep = "nested deeper than 100 levels, the most that can be read";
    let nested =
        |open: &str, times: usize, close: &str| format!("x: {}1{}", open.repeat(times), close.repeat(times));
    let cases = [
        ("a deep list", nested("[", 5_000, "]"), yaml(too_deep)),
        ("deep maps", nested("{a: ", 12_000, "}"), yaml("exceeded max depth of 10000")),
        ("deep JSON", format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000)), yaml(too_deep)),
        ("deeper JSON", "{\"a\":".repeat(20_000), Some("json: offset 50001: exceeded max depth".to_owned())),
        ("a deep block list", format!("{}1", "- ".repeat(5_000)), yaml(too_deep)),
        ("much in the deep", format!("x: {}{}", "[".repeat(9_000), "a,".repeat(200_000)), yaml(too_deep)),
        ("an alias in itself", "a: &a [*a]".to_owned(), yaml("anchor 'a' value contains itself")),
        (
            "large text by alias",
            format!("a: &a {}\nb: [{}]", "x".repeat(1_000_000), "*a,".repeat(90)),
            yaml("aliases expand to more than 32 MiB, the most that can be read"),
        ),
        (
            "very many values",
            format!("[{}]", "a,".repeat(1_100_000)),
            yaml("more than 1000000 values, the most that can be read"),
        ),
        (
            "too much text",
            "a".repeat((16 << 20) + 1),
            Some("the text has 16777217 bytes; at most 16 MiB are read".to_owned()),
        ),
    ];
    for (name, text, expected) in cases {
        assert_eq!(first_error(text), expected, "{name}");
    }
}

#[test]
fn deep_enough_is_read() {
    let text = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(first_error(text), None);
}
