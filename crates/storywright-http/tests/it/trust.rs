//! Certificates: public roots by default, the company's own beside them, nothing else without leave.

use crate::stub::{Step, Stub};
use crate::support::{World, options, origin, request_id};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use storywright_domain::remote::TlsTrust;
use storywright_http::{Answer, Egress, HttpError, Method, OriginRules, Purpose, SendOnceError};

const RULES: OriginRules = OriginRules { allow_http: false, allow_loopback: true, allow_unverified_tls: false };

fn server(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Stub {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    Stub::start_tls((0..9).map(|_| Step::json(200, "{}")), Arc::new(config))
}

/// A server whose certificate the company's authority signed, and that authority in PEM.
fn company(host: &str) -> (Stub, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Corp Root");
    let key = KeyPair::generate().unwrap();
    let root = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    (server(vec![leaf.der().clone()], &key), root)
}

fn base(stub: &Stub) -> String {
    format!("https://{}", stub.address)
}

fn get(stub: &Stub, rules: OriginRules, trust: &TlsTrust) -> Result<Answer, HttpError> {
    let egress = Egress::new(vec![origin(&base(stub), rules)], options(&Arc::new(World::default())));
    egress.request(Purpose::Jira, Method::Get, &base(stub), "/x", trust, &request_id()).send()
}

fn with_ca(pem: &str) -> TlsTrust {
    TlsTrust { verify: true, ca_pem: Some(pem.to_owned()) }
}

#[test]
fn an_unknown_authority_is_not_trusted_and_nothing_is_sent() {
    let (stub, _) = company("127.0.0.1");
    let error = get(&stub, RULES, &TlsTrust::default()).unwrap_err();
    assert!(matches!(&error, HttpError::Certificate { detail } if detail.contains("unknown issuer")), "{error:?}");
    let egress = Egress::new(vec![origin(&base(&stub), RULES)], options(&Arc::new(World::default())));
    let trust = TlsTrust::default();
    let once = egress.request(Purpose::Jira, Method::Post, &base(&stub), "/x", &trust, &request_id()).json("{}");
    assert!(matches!(once.send_once(), Err(SendOnceError::NotSent { error: HttpError::Certificate { .. } })));
    assert!(stub.seen().is_empty());
}

#[test]
fn the_company_authority_is_trusted_when_it_was_uploaded() {
    let (stub, root) = company("127.0.0.1");
    assert_eq!(get(&stub, RULES, &with_ca(&root)).unwrap().status, 200);
    // Trust is kept apart: the upload of one person does not serve another.
    let egress = Egress::new(vec![origin(&base(&stub), RULES)], options(&Arc::new(World::default())));
    let call =
        |trust: &TlsTrust| egress.request(Purpose::Jira, Method::Get, &base(&stub), "/x", trust, &request_id()).send();
    assert_eq!(call(&with_ca(&root)).unwrap().status, 200);
    assert!(matches!(call(&TlsTrust::default()), Err(HttpError::Certificate { .. })));
    assert_eq!(call(&with_ca(&root)).unwrap().status, 200);
}

#[test]
fn a_bundle_of_the_company_serves_every_site() {
    let (stub, root) = company("127.0.0.1");
    let mut options = options(&Arc::new(World::default()));
    options.extra_roots_pem = Some(root);
    let egress = Egress::new(vec![origin(&base(&stub), RULES)], options);
    let trust = TlsTrust::default();
    let answer = egress.request(Purpose::Jira, Method::Get, &base(&stub), "/x", &trust, &request_id()).send();
    assert_eq!(answer.unwrap().status, 200);
}

#[test]
fn another_company_or_another_host_is_not_trusted() {
    let (stub, _) = company("127.0.0.1");
    let (_other, other_root) = company("127.0.0.1");
    assert!(matches!(get(&stub, RULES, &with_ca(&other_root)), Err(HttpError::Certificate { .. })));
    let (stub, root) = company("jira.corp");
    let error = get(&stub, RULES, &with_ca(&root)).unwrap_err();
    assert!(matches!(&error, HttpError::Certificate { detail } if detail.contains("another host")), "{error:?}");
}

#[test]
fn a_self_signed_server_is_trusted_by_its_own_certificate_only() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.is_ca = is_ca;
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let stub = server(vec![certificate.der().clone()], &key);
        assert_eq!(get(&stub, RULES, &with_ca(&certificate.pem())).unwrap().status, 200);
        assert!(matches!(get(&stub, RULES, &TlsTrust::default()), Err(HttpError::Certificate { .. })));
    }
}

#[test]
fn a_self_signed_server_must_be_in_date_and_carry_the_name() {
    let certificate = |host: &str, to: i32| {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        (server(vec![certificate.der().clone()], &key), certificate.pem())
    };
    for (host, to, words) in [("127.0.0.1", 2010, "expired"), ("jira.corp", 2100, "another host")] {
        let (stub, pem) = certificate(host, to);
        let error = get(&stub, RULES, &with_ca(&pem)).unwrap_err();
        assert!(matches!(&error, HttpError::Certificate { detail } if detail.contains(words)), "{host} {error:?}");
    }
}

#[test]
fn verification_is_turned_off_only_with_leave() {
    let (stub, _) = company("jira.corp");
    let blind = TlsTrust { verify: false, ca_pem: None };
    assert!(matches!(get(&stub, RULES, &blind), Err(HttpError::NotAllowed { .. })));
    assert!(stub.seen().is_empty());
    let leave = OriginRules { allow_unverified_tls: true, ..RULES };
    assert_eq!(get(&stub, leave, &blind).unwrap().status, 200);
}

#[test]
fn plain_http_is_refused_without_leave() {
    let (stub, _) = company("127.0.0.1");
    let plain = format!("http://{}", stub.address);
    let egress = Egress::new(vec![origin(&base(&stub), RULES)], options(&Arc::new(World::default())));
    let trust = TlsTrust::default();
    let result = egress.request(Purpose::Jira, Method::Get, &plain, "/x", &trust, &request_id()).send();
    assert!(matches!(result, Err(HttpError::NotAllowed { .. })));
}

#[test]
fn a_server_certificate_vouches_for_that_server_only() {
    // The key of an uploaded server certificate signs a certificate for another server.
    let mut params = CertificateParams::new(vec!["wiki.corp".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "wiki.corp");
    let key = KeyPair::generate().unwrap();
    let uploaded = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let forged = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let stub = server(vec![forged.der().clone()], &key);
    assert!(matches!(get(&stub, RULES, &with_ca(&uploaded)), Err(HttpError::Certificate { .. })));
}
