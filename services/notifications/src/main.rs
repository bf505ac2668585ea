//! Runs the notifications service.

fn main() -> anyhow::Result<()> {
    grove_service::main(grove_notifications::SERVICE, grove_notifications::service)
}
