//! Runs the {{name}} service.

fn main() -> anyhow::Result<()> {
    grove_service::main(grove_{{name}}::SERVICE, grove_{{name}}::service)
}
