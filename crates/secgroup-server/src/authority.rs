//! A local certificate authority, and the certificate of the server.
//!
//! Some clients speak TLS whatever they are told, and none of them trusts a
//! certificate that nobody signed. So there is an authority of one's own: its
//! certificate goes to a file that clients are pointed at (`SSL_CERT_FILE`),
//! its key beside it, and both are used again by the next server. The server's
//! own certificate is made anew each time, and its key never leaves the memory.

use std::error::Error;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{io, str};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime,
};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::whole_file::WholeFile;

/// What the authority is called, in its certificate and those it signs.
const NAME: &str = "secgroup local authority";

/// How long the certificate of the server is valid: some clients refuse more
/// than 825 days.
const VALIDITY: SignedDuration = SignedDuration::from_hours(24 * 820);

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The file of the certificate, or of its key, cannot be read or written.
    #[error("authority file `{}`: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is a file, but it is not an authority that was made here.
    #[error(
        "authority file `{}` is not one made by this program ({reason}); name another file, or \
         move it and `{}` aside", .path.display(), .key.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(Box<dyn Error + Send + Sync>),
}

impl AuthorityError {
    fn certificate(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Certificate(error.into())
    }
}

/// A certificate authority.
#[derive(Debug)]
pub(crate) struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Makes an authority that nobody knows.
    pub(crate) fn in_memory() -> Result<Self, AuthorityError> {
        let key = KeyPair::generate().map_err(AuthorityError::certificate)?;
        Self::of_key(key).map(|(authority, _)| authority)
    }

    /// Uses the authority in a file, or makes one there. A file of somebody
    /// else is never overwritten.
    pub(crate) fn in_file(path: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        let key_path = key_path(path);
        let open = |path: &Path| WholeFile::new(path).map_err(|source| failed(path, source));
        let (file, key_file) = (open(path)?, open(&key_path)?);
        let read = |file: &WholeFile| file.read().map_err(|source| failed(file.path(), source));
        let (certificate, key) = (read(&file)?, read(&key_file)?);
        let foreign = |reason: String| AuthorityError::Foreign {
            path: path.to_owned(),
            key: key_path.clone(),
            reason,
        };
        let write = |file: &WholeFile, bytes: &str, mode| {
            let written = file.replace(bytes.as_bytes(), mode);
            written.map_err(|source| failed(file.path(), source))
        };

        let key = match (&certificate, key) {
            (_, Some(key)) => {
                read_key(&key).map_err(|error| foreign(format!("its key: {error}")))?
            }
            (Some(_), None) => return Err(foreign("its key is missing".to_owned())),
            (None, None) => {
                let key = KeyPair::generate().map_err(AuthorityError::certificate)?;
                write(&key_file, &key.serialize_pem(), 0o600)?;
                key
            }
        };
        let (mut authority, pem) = Self::of_key(key)?;
        match certificate {
            None => write(&file, &pem, 0o644)?,
            Some(known) => {
                // Clients know the old one, so that is the one to show.
                authority.certificate = CertificateDer::from_pem_slice(&known)
                    .map_err(|error| foreign(error.to_string()))?;
                authority.check(now).map_err(foreign)?;
            }
        }
        Ok(authority)
    }

    /// Makes the certificate of a key, always with the same names, so that the
    /// key alone makes the authority.
    fn of_key(key: KeyPair) -> Result<(Self, String), AuthorityError> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, NAME);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // It never has to be replaced; whoever wants to can delete the files.
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(2120, 1, 1);
        let certificate = parameters
            .self_signed(&key)
            .map_err(AuthorityError::certificate)?;
        let pem = certificate.pem();
        let authority = Self {
            certificate: certificate.der().clone(),
            issuer: Issuer::new(parameters, key),
        };
        Ok((authority, pem))
    }

    /// Checks that clients that trust the certificate trust what the key signs.
    fn check(&self, now: Timestamp) -> Result<(), String> {
        let (leaf, _) = self.leaf(&[], now).map_err(|error| error.to_string())?;
        let mut roots = RootCertStore::empty();
        let known = roots.add(self.certificate.clone());
        known.map_err(|error| error.to_string())?;
        let provider = Arc::new(default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| error.to_string())?;
        let localhost = ServerName::try_from("localhost").map_err(|error| error.to_string())?;
        let now = Duration::from_secs(u64::try_from(now.as_second()).unwrap_or_default());
        let now = UnixTime::since_unix_epoch(now);
        let verified = verifier.verify_server_cert(&leaf, &[], &localhost, &[], now);
        verified.map(|_| ()).map_err(|error| error.to_string())
    }

    /// Makes a certificate for this machine, and for `addresses`.
    fn leaf(
        &self,
        addresses: &[IpAddr],
        now: Timestamp,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), AuthorityError> {
        let key = KeyPair::generate().map_err(AuthorityError::certificate)?;
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut parameters = CertificateParams::new(names).map_err(AuthorityError::certificate)?;
        parameters
            .distinguished_name
            .push(DnType::CommonName, "secgroup");
        for address in addresses.iter().filter(|address| !address.is_unspecified()) {
            let name = SanType::IpAddress(*address);
            if !parameters.subject_alt_names.contains(&name) {
                parameters.subject_alt_names.push(name);
            }
        }
        parameters.is_ca = IsCa::ExplicitNoCa;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        // A day of grace for clocks that are behind.
        let (year, month, first) = day(now - SignedDuration::from_hours(24));
        parameters.not_before = date_time_ymd(year, month, first);
        let (year, month, last) = day(now + VALIDITY);
        parameters.not_after = date_time_ymd(year, month, last);
        let certificate = parameters
            .signed_by(&key, &self.issuer)
            .map_err(AuthorityError::certificate)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok((certificate.der().clone(), key.into()))
    }

    /// Returns what a server needs to speak TLS.
    pub(crate) fn server(
        &self,
        addresses: &[IpAddr],
        now: Timestamp,
    ) -> Result<ServerConfig, AuthorityError> {
        let (leaf, key) = self.leaf(addresses, now)?;
        let provider = Arc::new(default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                let chain = vec![leaf, self.certificate.clone()];
                builder.with_no_client_auth().with_single_cert(chain, key)
            })
            .map_err(AuthorityError::certificate)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// Returns where the key of an authority is kept.
fn key_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".key");
    PathBuf::from(name)
}

fn read_key(bytes: &[u8]) -> Result<KeyPair, String> {
    let pem = str::from_utf8(bytes).map_err(|error| error.to_string())?;
    KeyPair::from_pem(pem).map_err(|error| error.to_string())
}

fn failed(path: &Path, source: io::Error) -> AuthorityError {
    AuthorityError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Returns a day of the calendar.
fn day(time: Timestamp) -> (i32, u8, u8) {
    let date = time.to_zoned(TimeZone::UTC).date();
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    (date.year().into(), part(date.month()), part(date.day()))
}
