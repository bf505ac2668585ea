//! Whose certificates are believed.

use std::{path::Path, sync::Arc};

use anyhow::{Context, ensure};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

/// Trusts the certificates of the system and those in `ca_file`, and checks every certificate.
pub(crate) fn config(ca_file: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    // Some systems have none, and then the file has to do.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if !ca_file.as_os_str().is_empty() {
        let cannot = || format!("DIRECTORY_CA_FILE: cannot read {}", ca_file.display());
        let mut added = 0;
        for certificate in CertificateDer::pem_file_iter(ca_file).with_context(cannot)? {
            roots.add(certificate.with_context(cannot)?).with_context(cannot)?;
            added += 1;
        }
        ensure!(added > 0, "DIRECTORY_CA_FILE: no certificate in {}", ca_file.display());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
