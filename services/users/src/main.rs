//! Runs the users service.

fn main() -> anyhow::Result<()> {
    grove_service::main(grove_users::SERVICE, grove_users::service)
}
