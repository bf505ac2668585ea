//! Runs the merch service.

fn main() -> anyhow::Result<()> {
    grove_service::main(grove_merch::SERVICE, grove_merch::service)
}
