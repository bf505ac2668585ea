//! Runs the gigs service.

fn main() -> anyhow::Result<()> {
    grove_service::main(grove_gigs::SERVICE, grove_gigs::service)
}
