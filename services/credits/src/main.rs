//! Runs the credits service.

fn main() -> anyhow::Result<()> {
    grove_service::main(grove_credits::SERVICE, grove_credits::service)
}
