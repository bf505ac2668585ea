//! Runs the auth service.

fn main() -> anyhow::Result<()> {
    grove_service::main(grove_auth::SERVICE, grove_auth::service)
}
