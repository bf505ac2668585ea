//! Who may depend on whom, and what every service must have.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use grove::schema::OWNERS;
use serde_json::Value;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// The folder of each of our crates, and which others it depends on: by name, with the kind.
struct Package {
    name: String,
    folder: String,
    dependencies: BTreeSet<(String, String)>,
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(repository())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("normal").to_owned();
    let package = |package: &Value| {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let folder = manifest.parent().unwrap().strip_prefix(repository()).unwrap();
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let dependencies = dependencies
            .map(|dependency| (text(&dependency["name"]), text(&dependency["kind"])))
            .filter(|(name, _)| name == "grove" || name.starts_with("grove-"));
        Package {
            name: text(&package["name"]),
            folder: folder.to_str().unwrap().to_owned(),
            dependencies: dependencies.collect(),
        }
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

#[test]
fn dependencies_point_from_deploy_over_services_and_contracts_to_shared() {
    let packages = packages();
    let folder_of = |name: &str| {
        let package = packages.iter().find(|package| package.name == name);
        package.unwrap_or_else(|| panic!("no crate {name}")).folder.as_str()
    };
    let is_shared = |folder: &str| folder == "shared" || folder.starts_with("shared/");
    let is_contract = |folder: &str| folder.ends_with("/api");
    for package in &packages {
        let folder = package.folder.as_str();
        if folder == "deploy/grove" {
            continue;
        }
        for (dependency, kind) in &package.dependencies {
            let target = folder_of(dependency);
            let for_tests = kind == "dev"
                && matches!(
                    (folder, target),
                    // Tested under the rights that a service has in production.
                    ("services/credits", "deploy/setup")
                    // Sells from the simulated machine.
                    | ("services/merch", "deploy/vending-machine")
                );
            let allowed = if is_shared(folder) {
                is_shared(target)
            } else {
                // A contract knows others' only in its fake.
                is_shared(target) || is_contract(target)
            };
            let writes_lists = folder == "deploy/catalog";
            assert!(
                allowed || for_tests || writes_lists,
                "{} must not depend on {dependency}",
                package.name
            );
        }
    }
}

#[test]
fn the_website_has_no_database() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package=grove-frontend", "--edges=normal,build", "--prefix=none"])
        .args(["--offline", "--locked"])
        .current_dir(repository())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("grove-quotes-api"), "{}", String::from_utf8_lossy(&output.stderr));
    for heavy in ["sqlx", "testcontainers", "grove-testing"] {
        assert!(!tree.lines().any(|line| line.starts_with(heavy)), "the website links {heavy}");
    }
}

#[test]
fn shared_names_no_service() {
    let services = folders("services");
    let mut files = Vec::new();
    rust_files(&repository().join("shared"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        // Words of everyday language, which are service names too.
        let everyday = ["auth", "credits", "directory", "groups", "notifications", "users"];
        for word in words {
            let name = word.strip_prefix("grove_").unwrap_or(word);
            let name = name.strip_suffix("_api").unwrap_or(name);
            let is_crate = word.starts_with("grove_") && services.iter().any(|one| one == name);
            let is_name = services.iter().any(|one| one == word) && !everyday.contains(&word);
            assert!(!is_crate && !is_name, "{} names {word}", file.display());
        }
    }
}

fn folders(path: &str) -> Vec<String> {
    let entries = std::fs::read_dir(repository().join(path)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Contracts that a program is compiled with, as folders.
fn contracts_of(folder: &str, packages: &[Package]) -> BTreeSet<String> {
    let mut open = vec![folder.to_owned()];
    let mut found = BTreeSet::new();
    while let Some(folder) = open.pop() {
        let Some(package) = packages.iter().find(|package| package.folder == folder) else {
            continue;
        };
        for (name, kind) in &package.dependencies {
            let Some(target) = packages.iter().find(|package| &package.name == name) else {
                continue;
            };
            if kind == "normal"
                && target.folder.ends_with("/api")
                && found.insert(target.folder.clone())
            {
                open.push(target.folder.clone());
            }
        }
    }
    found
}

#[test]
fn an_image_is_made_of_the_contracts_that_its_program_knows_and_no_others() {
    let packages = packages();
    for package in &packages {
        let dockerfile = repository().join(&package.folder).join("Dockerfile");
        // The grove program takes all services whole.
        if !dockerfile.exists() || package.folder == "deploy/grove" {
            continue;
        }
        let text = std::fs::read_to_string(dockerfile).unwrap();
        let copied: BTreeSet<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("COPY ")?.split(' ').next())
            .filter(|path| path.ends_with("/api"))
            .map(str::to_owned)
            .collect();
        assert_eq!(copied, contracts_of(&package.folder, &packages), "{}", package.folder);
    }
}

#[test]
fn every_service_is_documented_migrated_and_part_of_the_program() {
    let services = std::fs::read_dir(repository().join("services")).unwrap();
    for service in services {
        let name = service.unwrap().file_name().into_string().unwrap();
        assert!(OWNERS.iter().any(|owner| owner.name == name), "{name} is not in schema::OWNERS");
        for path in [format!("migrations/{name}"), format!("docs/services/{name}.md")] {
            assert!(repository().join(&path).exists(), "{path} is missing");
        }
    }
}

#[test]
fn every_program_has_a_container_whose_image_begins_as_all_do() {
    let root = repository();
    let compose = ["compose.yaml", "deploy/compose.dev.yaml"]
        .map(|file| std::fs::read_to_string(root.join(file)).unwrap())
        .concat();
    let services = std::fs::read_dir(root.join("services")).unwrap();
    let mut folders: Vec<_> = services
        .map(|service| format!("services/{}", service.unwrap().file_name().into_string().unwrap()))
        .collect();
    let others = ["deploy/grove", "deploy/setup", "deploy/vending-machine", "frontend", "gateway"];
    folders.extend(others.map(str::to_owned));
    let common = |folder: &str| {
        let path = root.join(folder).join("Dockerfile");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display()));
        let (before, _) = text.split_once("# end\n").unwrap();
        before.split_once("# begin").unwrap().1.to_owned()
    };
    let first = common("gateway");
    for folder in folders {
        assert!(compose.contains(&format!("{folder}/Dockerfile")), "{folder} has no container");
        assert_eq!(common(&folder), first, "BuildKit builds the stages of {folder} once more");
    }
}

#[test]
fn paths_that_the_documentation_names_exist() {
    let root = repository();
    let pages = ["README.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md", "docs/security.md"];
    for page in pages {
        let text = std::fs::read_to_string(root.join(page)).unwrap();
        let named = text.split('`').skip(1).step_by(2);
        for path in
            named.filter(|code| code.contains('/') && !code.contains(['<', ' ', '{', ':', '*']))
        {
            let folders = [
                "gateway/",
                "frontend/",
                "services/",
                "shared/",
                "deploy/",
                "migrations/",
                "bench/",
                "docs/",
            ];
            if folders.iter().any(|folder| path.starts_with(folder)) {
                assert!(root.join(path).exists(), "{page} names {path}, which does not exist");
            }
        }
    }
}
