//! Runs the quotes service.

fn main() -> anyhow::Result<()> {
    grove_service::main(grove_quotes::SERVICE, grove_quotes::service)
}
