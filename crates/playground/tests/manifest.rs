//! The static page shows what the session begins with.

const INDEX: &str = include_str!("../../../index.html");

#[test]
fn the_static_editor_holds_the_sessions_manifest() {
    let area = INDEX.split_once("<textarea id=\"editor\"").expect("a text area").1;
    let (_, area) = area.split_once(">\n").expect("its start");
    let (text, _) = area.split_once("</textarea>").expect("its end");
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    assert_eq!(text, session::worlds::STATEFUL_DEMO);
}

#[test]
fn the_static_page_allows_no_foreign_code_and_sets_no_style() {
    assert!(INDEX.contains(r#"content="default-src 'self'; script-src 'self' 'wasm-unsafe-eval'""#));
    for forbidden in ["http://", "https://", " style=", "onclick=", "src=\"/", "href=\"/"] {
        assert!(!INDEX.contains(forbidden), "{forbidden}");
    }
}
