//! Files of a crate go one way: none imports another that, by whatever way, imports it.
//!
//! So a newcomer reads a crate from top to bottom. What two files need stands in a third one below both. The
//! root of a crate is left out: everybody uses its state, and it lists everybody's routes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Modules of a crate by path, such as `store::votes`, and which others each imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// Every folder with the sources of a crate.
fn crates(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_str().unwrap();
        if !entry.is_dir() || name.starts_with('.') || name == "target" || name == "template" {
            continue;
        }
        if name == "src" && folder.join("Cargo.toml").exists() {
            found.push(entry);
        } else {
            crates(&entry, found);
        }
    }
}

/// The text of each module. Tests at the end of a file are left out.
fn sources(folder: &Path, module: &str, found: &mut BTreeMap<String, String>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let inner = if module.is_empty() { stem.to_owned() } else { format!("{module}::{stem}") };
        if path.is_dir() {
            sources(&path, &inner, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = match stem {
                "lib" | "main" if module.is_empty() => continue,
                "mod" => module.to_owned(),
                _ => inner,
            };
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            found.insert(name, code.collect::<Vec<_>>().join("\n"));
        }
    }
}

/// The paths that a tree of `use` names: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn flatten(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let (mut depth, mut begin) = (0, 0);
    let mut part = |text: &str| {
        let text = text.trim();
        match text.split_once('{') {
            Some((outer, rest)) => {
                let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
                flatten(&format!("{prefix}{}", outer.trim()), inner, paths);
            }
            None if text.is_empty() => {}
            None => {
                let path = text.split(" as ").next().unwrap_or_default();
                paths.push(format!("{prefix}{path}"));
            }
        }
    };
    for (at, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                part(&tree[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    part(&tree[begin..]);
}

/// The paths into its own crate that a module's text names. What it hands on (`pub use`) is no import.
fn named(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for keyword in ["crate::", "super::", "self::"] {
        for (at, _) in text.match_indices(keyword) {
            let before = text[..at].trim_end_matches(['{', ' ', '\n']);
            let starts_path = text[..at]
                .chars()
                .next_back()
                .is_none_or(|c| !c.is_alphanumeric() && c != ':' && c != '_');
            let statement = text[..at].rsplit(';').next().unwrap_or_default().trim_start();
            if !starts_path
                || statement.starts_with("pub use")
                || statement.starts_with("pub(crate) use")
            {
                continue;
            }
            let rest = &text[at..];
            if before.ends_with("use") {
                let tree = rest.split(';').next().unwrap_or_default();
                flatten("", tree, &mut paths);
            } else {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
                paths.push(rest[..end.unwrap_or(rest.len())].to_owned());
            }
        }
    }
    paths
}

/// The module of the crate that a path named in `module` leads to, other than itself.
fn resolve(module: &str, path: &str, modules: &BTreeMap<String, String>) -> Option<String> {
    let mut at: Vec<&str> = module.split("::").collect();
    let mut segments = path.split("::").peekable();
    match segments.next()? {
        "crate" => at.clear(),
        "super" => {
            at.pop();
        }
        _ => {}
    }
    while segments.next_if_eq(&"super").is_some() {
        at.pop();
    }
    at.extend(segments);
    // The longest part of the path that is a module.
    (1..=at.len())
        .rev()
        .map(|length| at[..length].join("::"))
        .find(|candidate| modules.contains_key(candidate))
        .filter(|found| found != module)
}

fn imports(folder: &Path) -> Imports {
    let mut modules = BTreeMap::new();
    sources(folder, "", &mut modules);
    let of = |(module, text): (&String, &String)| {
        let paths = named(text);
        let found = paths.iter().filter_map(|path| resolve(module, path, &modules)).collect();
        (module.clone(), found)
    };
    modules.iter().map(of).collect()
}

/// Everything that a module imports, directly or not.
fn reach(module: &str, imports: &Imports) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![module.to_owned()];
    while let Some(next) = open.pop() {
        for other in imports.get(&next).into_iter().flatten() {
            if seen.insert(other.clone()) {
                open.push(other.clone());
            }
        }
    }
    seen
}

#[test]
fn no_two_files_of_a_crate_import_each_other() {
    let mut folders = Vec::new();
    crates(repository(), &mut folders);
    assert!(folders.len() > 20, "where are the crates?");
    let mut circles = BTreeSet::new();
    for folder in folders {
        let imports = imports(&folder);
        let reached: BTreeMap<_, _> =
            imports.keys().map(|module| (module, reach(module, &imports))).collect();
        for (module, others) in &reached {
            let back = others.iter().filter(|other| reached[other].contains(*module));
            let circle: BTreeSet<_> = back.map(String::as_str).chain([module.as_str()]).collect();
            if circle.len() > 1 {
                let name = folder.parent().unwrap().strip_prefix(repository()).unwrap();
                circles.insert(format!("{}: {circle:?}", name.display()));
            }
        }
    }
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn paths_of_imports_are_found_in_trees_and_in_code() {
    let text = "use crate::{\n    a::{B, c::D as E},\n    f,\n};\nuse super::g;\npub use crate::h::I;\n\
                fn x() { crate::j::k(); let own_crate::y = 1; }\n";
    let mut found = named(text);
    found.sort();
    assert_eq!(found, ["crate::a::B", "crate::a::c::D", "crate::f", "crate::j::k", "super::g"]);
}
