//! Runs the groups service.

fn main() -> anyhow::Result<()> {
    grove_service::main(grove_groups::SERVICE, grove_groups::service)
}
