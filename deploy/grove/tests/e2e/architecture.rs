//! Who may depend on whom, and what every service must have.

use std::{collections::BTreeSet, path::Path, process::Command};

use grove::schema::OWNERS;
use serde_json::Value;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

#[test]
fn dependencies_point_from_deploy_over_services_to_shared() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(repository())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let dependencies = package["dependencies"].as_array().unwrap();
        let ours: BTreeSet<(&str, &str)> = dependencies
            .iter()
            .map(|dependency| {
                (
                    dependency["name"].as_str().unwrap(),
                    dependency["kind"].as_str().unwrap_or("normal"),
                )
            })
            .filter(|(dependency, _)| dependency.starts_with("grove-"))
            .collect();
        let allowed: &[&str] = match name {
            "grove" => continue,
            "grove-shared" => &["grove-throwaway"],
            "grove-throwaway" => &[],
            _ => &["grove-shared"],
        };
        let for_tests: &[&str] = match name {
            // Tested under the rights that a service has in production.
            "grove-credits" => &["grove-setup"],
            // Sells from the simulated machine.
            "grove-merch" => &["grove-vending-machine"],
            _ => &[],
        };
        for (dependency, kind) in ours {
            let allowed =
                allowed.contains(&dependency) || (kind == "dev" && for_tests.contains(&dependency));
            assert!(allowed, "{name} must not depend on {dependency}");
        }
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
