//! Row 38 of the table of hostile uploads.

use super::*;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

const NOW: Timestamp = Timestamp(1_780_000_000_000);

fn params(name: &str, from: i32, to: i32) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["jira.corp".to_owned()]).expect("names");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(to, 1, 1);
    params
}

fn authority(name: &str, from: i32, to: i32) -> (CertificateParams, KeyPair, String) {
    let mut params = params(name, from, to);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("key");
    let pem = params.self_signed(&key).expect("certificate").pem();
    (params, key, pem)
}

#[track_caller]
fn check(upload: impl AsRef<[u8]>, expected: &BadCertificate) {
    assert_eq!(check_ca_pem(upload, NOW).expect_err("must be refused"), *expected);
}

#[test]
fn an_authority_passes_and_only_its_certificate_is_kept() {
    let (_, _, pem) = authority("Corp Root", 2020, 2040);
    let summary = check_ca_pem(format!("# ../../x.pem\nBag Attributes: x\n{pem}trailing words\n"), NOW).expect("good");
    assert_eq!(summary.certificates.len(), 1);
    assert!(summary.certificates[0].subject.contains("CN=Corp Root"), "{:?}", summary.certificates);
    assert!(summary.certificates[0].is_ca);
    assert_eq!(summary.certificates[0].sha256.len(), 64);
    assert!(summary.warnings.is_empty());
    assert!(!summary.pem.contains("Bag") && !summary.pem.contains("trailing"), "{}", summary.pem);
    assert_eq!(check_ca_pem(&summary.pem, NOW).expect("again"), summary);
}

#[test]
fn a_self_signed_server_certificate_passes_and_a_signed_one_does_not() {
    let key = KeyPair::generate().expect("key");
    let own = params("jira.corp", 2020, 2040).self_signed(&key).expect("certificate").pem();
    assert!(!check_ca_pem(&own, NOW).expect("good").certificates[0].is_ca);

    let (ca_params, ca_key, _) = authority("Corp Root", 2020, 2040);
    let issuer = Issuer::new(ca_params, ca_key);
    let leaf = params("jira.corp", 2020, 2040).signed_by(&key, &issuer).expect("certificate").pem();
    let error = check_ca_pem(&leaf, NOW).expect_err("a leaf");
    assert!(matches!(&error, BadCertificate::NotAuthority { issuer, .. } if issuer.contains("Corp Root")), "{error:?}");
}

#[test]
fn dates_are_warned_about() {
    let warned = |from, to| check_ca_pem(authority("Corp", from, to).2, NOW).expect("good").warnings;
    assert!(matches!(warned(2000, 2010)[..], [CaWarning::Expired { .. }]));
    assert!(matches!(warned(2035, 2040)[..], [CaWarning::NotYetValid { .. }]));
    let end = check_ca_pem(authority("Corp", 2000, 2030).2, NOW).expect("good").certificates[0].not_after;
    let near = check_ca_pem(authority("Corp", 2000, 2030).2, Timestamp(end.0 - SOON_MS + 1)).expect("good");
    assert!(matches!(near.warnings[..], [CaWarning::ExpiresSoon { .. }]));
}

#[test]
fn keys_are_never_accepted() {
    let (_, key, pem) = authority("Corp", 2020, 2040);
    check(format!("{pem}{}", key.serialize_pem()), &BadCertificate::PrivateKey);
    check(key.serialize_pem(), &BadCertificate::PrivateKey);
    for label in ["RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
        check(format!("{pem}-----BEGIN {label}-----\nnot even base64"), &BadCertificate::PrivateKey);
    }
}

#[test]
fn other_files_say_what_they_are_not() {
    let (_, _, pem) = authority("Corp", 2020, 2040);
    check("", &BadCertificate::Empty);
    check(" \n\t", &BadCertificate::Empty);
    check("x".repeat(MAX_BYTES + 1), &BadCertificate::TooLarge);
    check("<!doctype html><html><body>Sign in</body></html>", &BadCertificate::NotPem);
    check(b"PK\x03\x04zip bomb".as_slice(), &BadCertificate::NotPem);
    check([0x30, 0x82, 0x03, 0xff, 0x80], &BadCertificate::NotPem);
    let (_, der) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).expect("pem");
    check(&der.contents, &BadCertificate::NotPem);
    let request = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n";
    check(request, &BadCertificate::OtherBlock { label: "CERTIFICATE REQUEST".to_owned() });
    check("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", &BadCertificate::Unreadable { number: 1 });
    check(&pem[..pem.len() / 2], &BadCertificate::Unreadable { number: 1 });
    let mut padded = der.contents.clone();
    padded.extend(b"trailing");
    check(armored(&padded), &BadCertificate::Unreadable { number: 1 });
    let small = authority("C", 2020, 2040).2;
    check(small.repeat(MAX_CERTIFICATES + 1), &BadCertificate::TooMany);
}
