//! Runs the directory service.

fn main() -> anyhow::Result<()> {
    grove_service::main(grove_directory::SERVICE, grove_directory::service)
}
