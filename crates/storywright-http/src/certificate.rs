//! What people upload as a company certificate authority: checked before it is stored.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::digest::{SHA256, digest};
use storywright_domain::Timestamp;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Longest upload in bytes.
const MAX_BYTES: usize = 64 * 1_024;
/// Most certificates in one upload.
const MAX_CERTIFICATES: usize = 20;
/// An end this near is worth a warning.
const SOON_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// What an upload holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaSummary {
    /// The certificates alone, in PEM, without anything around them: what may be stored.
    pub pem: String,
    /// Each certificate in order.
    pub certificates: Vec<CertificateSummary>,
    /// What people should know.
    pub warnings: Vec<CaWarning>,
}

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSummary {
    /// Whose it is.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid to.
    pub not_after: Timestamp,
    /// Whether it may sign others.
    pub is_ca: bool,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: String,
}

/// The upload can be used, and yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaWarning {
    /// It has run out.
    #[error("the certificate of {subject} has expired: connections that need it will fail; upload its successor")]
    Expired {
        /// Whose it is.
        subject: String,
        /// Valid to.
        not_after: Timestamp,
    },
    /// It will run out within 30 days.
    #[error("the certificate of {subject} expires within 30 days: have its successor ready")]
    ExpiresSoon {
        /// Whose it is.
        subject: String,
        /// Valid to.
        not_after: Timestamp,
    },
    /// It is not valid yet.
    #[error("the certificate of {subject} is not valid yet: check the date of this machine and of the certificate")]
    NotYetValid {
        /// Whose it is.
        subject: String,
        /// Valid from.
        not_before: Timestamp,
    },
}

/// Why an upload cannot be used. Nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificate {
    /// Nothing there.
    #[error("the file is empty: choose the certificate in PEM form")]
    Empty,
    /// Too long.
    #[error("the file is longer than 64 KiB: upload the certificate authority alone, not a whole bundle")]
    TooLarge,
    /// No PEM: a binary form, a web page, an archive.
    #[error(
        "the file holds no certificate in PEM form: it must contain `-----BEGIN CERTIFICATE-----`; convert other forms \
         with `openssl x509 -inform der -in file -out file.pem`"
    )]
    NotPem,
    /// A private key. It should be regarded as leaked.
    #[error(
        "the file holds a private key: it was not stored. Upload the certificate alone, and treat the key as leaked if \
         others could see it"
    )]
    PrivateKey,
    /// Something else in PEM form.
    #[error("the file holds a `{label}`: upload only certificates")]
    OtherBlock {
        /// Its label.
        label: String,
    },
    /// More than any company needs.
    #[error("the file holds more than {MAX_CERTIFICATES} certificates: upload the company's own authority alone")]
    TooMany,
    /// A block cannot be read.
    #[error("certificate {number} cannot be read: export it again")]
    Unreadable {
        /// Which block, from 1.
        number: usize,
    },
    /// Neither an authority nor a server certificate that signed itself.
    #[error(
        "the certificate of {subject} is neither a certificate authority nor self-signed: upload the certificate that \
         signed it, its issuer {issuer}"
    )]
    NotAuthority {
        /// Whose it is.
        subject: String,
        /// Who signed it.
        issuer: String,
    },
}

/// Checks an upload and gives what may be stored. The caller cuts the upload off while reading; this refuses what is too
/// long all the same.
///
/// # Errors
/// [`BadCertificate`] with what to do.
pub fn check_ca_pem(upload: impl AsRef<[u8]>, now: Timestamp) -> Result<CaSummary, BadCertificate> {
    let upload = upload.as_ref();
    if upload.len() > MAX_BYTES {
        return Err(BadCertificate::TooLarge);
    }
    if upload.iter().all(u8::is_ascii_whitespace) {
        return Err(BadCertificate::Empty);
    }
    let text = std::str::from_utf8(upload).map_err(|_| BadCertificate::NotPem)?;
    // Before any parsing: a key must be noticed even in a block that no parser accepts.
    if text.contains("PRIVATE KEY") {
        return Err(BadCertificate::PrivateKey);
    }
    let mut blocks = Vec::new();
    for (index, block) in Pem::iter_from_buffer(upload).enumerate() {
        let block = block.map_err(|_| BadCertificate::Unreadable { number: index + 1 })?;
        if !matches!(block.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE") {
            return Err(BadCertificate::OtherBlock { label: block.label.chars().take(40).collect() });
        }
        if index >= MAX_CERTIFICATES {
            return Err(BadCertificate::TooMany);
        }
        blocks.push(block);
    }
    if blocks.is_empty() {
        return Err(BadCertificate::NotPem);
    }
    let mut summary = CaSummary { pem: String::new(), certificates: Vec::new(), warnings: Vec::new() };
    for (index, block) in blocks.iter().enumerate() {
        let Ok(([], certificate)) = X509Certificate::from_der(&block.contents) else {
            return Err(BadCertificate::Unreadable { number: index + 1 });
        };
        let one = summarize(&certificate, &block.contents);
        let self_signed = certificate.subject() == certificate.issuer() && certificate.verify_signature(None).is_ok();
        if !one.is_ca && !self_signed {
            return Err(BadCertificate::NotAuthority { subject: one.subject, issuer: one.issuer });
        }
        summary.warnings.extend(warning(&one, now));
        summary.pem.push_str(&armored(&block.contents));
        summary.certificates.push(one);
    }
    Ok(summary)
}

fn summarize(certificate: &X509Certificate<'_>, der: &[u8]) -> CertificateSummary {
    let millis = |seconds: i64| Timestamp(seconds.saturating_mul(1_000));
    CertificateSummary {
        subject: shown(&certificate.subject().to_string()),
        issuer: shown(&certificate.issuer().to_string()),
        not_before: millis(certificate.validity().not_before.timestamp()),
        not_after: millis(certificate.validity().not_after.timestamp()),
        is_ca: certificate.is_ca(),
        sha256: digest(&SHA256, der).as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// Names come from a file that anybody may have made: no control characters, not endless.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn warning(certificate: &CertificateSummary, now: Timestamp) -> Option<CaWarning> {
    let subject = certificate.subject.clone();
    let left = certificate.not_after.since(now).0;
    if left < 0 {
        Some(CaWarning::Expired { subject, not_after: certificate.not_after })
    } else if now < certificate.not_before {
        Some(CaWarning::NotYetValid { subject, not_before: certificate.not_before })
    } else if left < SOON_MS {
        Some(CaWarning::ExpiresSoon { subject, not_after: certificate.not_after })
    } else {
        None
    }
}

fn armored(der: &[u8]) -> String {
    let encoded = BASE64.encode(der);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in encoded.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

#[cfg(test)]
mod tests;
