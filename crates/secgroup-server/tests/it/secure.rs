//! TLS, on the same port as everything else.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use secgroup_server::{AuthorityError, BindError, Server};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::client::{connect, get, query, read_reply};
use crate::running::{options, run, start};

/// Connects by TLS as a client that trusts the authority in a file.
fn secure(
    address: SocketAddr,
    name: &str,
    authority: &Path,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(authority).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(client, connect(address))
}

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

#[test]
fn one_port_speaks_with_and_without_tls() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    let server = start(|options| options.ca_file = Some(authority.clone()));
    assert_eq!(get(server.address, "/healthz").status, 200);
    for name in ["localhost", "127.0.0.1", "::1"] {
        let mut stream = secure(server.address, name, &authority);
        for _ in 0..3 {
            stream.write_all(HEALTH).unwrap();
            assert_eq!(
                read_reply(&mut stream).unwrap().status,
                200,
                "{name}, kept alive"
            );
        }
    }
    let mut stream = secure(server.address, "localhost", &authority);
    let start = format!("GET /?{}&Description=", query("DescribeSecurityGroups", ""));
    let long = "a".repeat(secgroup_server::limits::REQUEST_LINE - start.len() - 9);
    write!(
        stream,
        "{start}{long} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    assert_eq!(
        read_reply(&mut stream).unwrap().status,
        200,
        "a mebibyte of target"
    );
    assert!(read_reply(&mut stream).is_none(), "closed properly");
}

#[test]
fn the_authority_outlives_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    let key = folder.path().join("ca.pem.key");
    let serve = || start(|options| options.ca_file = Some(authority.clone()));
    serve().stop().unwrap();
    let first = fs::read(&authority).unwrap();
    assert_eq!(
        fs::metadata(&key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let old = folder.path().join("known.pem");
    fs::copy(&authority, &old).unwrap();

    let again = serve();
    assert_eq!(fs::read(&authority).unwrap(), first);
    let mut stream = secure(again.address, "localhost", &old);
    stream.write_all(HEALTH).unwrap();
    assert_eq!(read_reply(&mut stream).unwrap().status, 200);
    again.stop().unwrap();

    // The key alone is enough for those who know the old certificate.
    fs::remove_file(&authority).unwrap();
    let again = serve();
    assert!(authority.exists());
    let mut stream = secure(again.address, "localhost", &old);
    stream.write_all(HEALTH).unwrap();
    assert_eq!(read_reply(&mut stream).unwrap().status, 200);
}

#[test]
fn files_of_others_are_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (mine, other) = (
        folder.path().join("ca.pem"),
        folder.path().join("other.pem"),
    );
    for path in [&mine, &other] {
        start(|options| options.ca_file = Some(path.clone()))
            .stop()
            .unwrap();
    }
    let refused = |path: &Path| {
        let mut options = options();
        options.ca_file = Some(path.to_owned());
        let error = Server::bind(options).unwrap_err();
        let foreign = matches!(&error, BindError::Authority(AuthorityError::Foreign { .. }));
        assert!(foreign, "{error:?}");
        error.to_string()
    };
    let bundle = folder.path().join("bundle.pem");
    fs::write(&bundle, b"somebody's certificates").unwrap();
    assert!(refused(&bundle).contains("its key is missing"));
    assert_eq!(fs::read(&bundle).unwrap(), b"somebody's certificates");
    assert!(!folder.path().join("bundle.pem.key").exists());

    fs::copy(
        folder.path().join("other.pem.key"),
        folder.path().join("ca.pem.key"),
    )
    .unwrap();
    let message = refused(&mine);
    assert!(
        message.contains("ca.pem") && message.contains("move"),
        "{message}"
    );
    fs::write(folder.path().join("other.pem.key"), b"no key").unwrap();
    assert!(refused(&other).contains("its key"));
}

#[test]
fn a_server_without_a_file_is_unknown_to_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    start(|options| options.ca_file = Some(authority.clone()))
        .stop()
        .unwrap();
    let server = start(|_| {});
    let mut stream = secure(server.address, "localhost", &authority);
    assert!(
        stream
            .write_all(HEALTH)
            .and_then(|()| stream.flush())
            .is_err()
    );
    assert_eq!(get(server.address, "/healthz").status, 200);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let server = start(|_| {});
    let mut options = options();
    options.listen = vec![server.address];
    let message = Server::bind(options).unwrap_err().to_string();
    let port = server.address.port().to_string();
    assert!(
        message.contains("127.0.0.1") && message.contains(&port),
        "{message}"
    );
}

#[test]
fn several_addresses_are_served_and_open_ones_warned_of() {
    let mut options = options();
    options.listen.push("[::1]:0".parse().unwrap());
    let bound = Server::bind(options).unwrap();
    assert_eq!(bound.warnings(), [""; 0]);
    let server = run(bound);
    for address in &server.addresses {
        assert_eq!(get(*address, "/healthz").status, 200, "{address}");
    }
    let mut open = crate::running::options();
    open.listen = vec!["0.0.0.0:0".parse().unwrap()];
    let warnings = Server::bind(open).unwrap().warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains("0.0.0.0"),
        "{warnings:?}"
    );
    let mut nowhere = crate::running::options();
    nowhere.listen.clear();
    assert!(matches!(Server::bind(nowhere), Err(BindError::NoAddress)));
}
