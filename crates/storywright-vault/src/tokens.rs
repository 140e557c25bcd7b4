//! Signed API tokens: JWT with HS256 on ring, and nothing else. A token names its key, its audience and its type; keys in
//! or behind a token's header are never looked at.

use crate::keyring::Keyring;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner as Signing, JwtVerifier as Verifying, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::hmac;
use serde::{Deserialize, Serialize};
use storywright_domain::person::TokenClaims;
use storywright_domain::ports::{BadToken, SealError, TokenSigner};
use storywright_domain::{Secret, Timestamp, TokenId, UserId};

const PURPOSE: &str = "API tokens";
const TYPE: &str = "at+jwt";
const ISSUER: &str = "storywright";
/// Longest token that is looked at.
const MAX_BYTES: usize = 4_096;

/// The token signer on a [`Keyring`].
pub struct JwtSigner {
    /// The primary one first.
    keys: Vec<(String, EncodingKey, DecodingKey)>,
    audience: String,
    validation: Validation,
}

/// What the token says, by the names of RFC 7519; times to the millisecond beside those in seconds.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    jti: String,
    iat: i64,
    exp: i64,
    iat_ms: i64,
    exp_ms: i64,
    stamp: String,
}

impl JwtSigner {
    /// Derives the keys. Tokens are for this audience alone.
    #[must_use]
    pub fn new(keyring: &Keyring, audience: &str) -> Self {
        // It may be installed already: then it is ours.
        let _ = PROVIDER.install_default();
        let keys = keyring
            .derive_all(PURPOSE)
            .map(|(id, key)| (id, EncodingKey::from_secret(key.as_slice()), DecodingKey::from_secret(key.as_slice())));
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        // The time comes from the caller.
        validation.validate_exp = false;
        Self { keys: keys.collect(), audience: audience.to_owned(), validation }
    }
}

impl TokenSigner for JwtSigner {
    fn sign(&self, claims: &TokenClaims) -> Result<Secret, SealError> {
        let error = |detail: String| SealError { detail };
        let (key_id, key, _) = self.keys.first().ok_or_else(|| error("there is no key".to_owned()))?;
        let header = Header { typ: Some(TYPE.to_owned()), kid: Some(key_id.clone()), ..Header::new(Algorithm::HS256) };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: self.audience.clone(),
            sub: claims.user.to_string(),
            jti: claims.token.to_string(),
            iat: claims.issued_at.0.div_euclid(1_000),
            exp: claims.expires_at.0.div_euclid(1_000),
            iat_ms: claims.issued_at.0,
            exp_ms: claims.expires_at.0,
            stamp: claims.security_stamp.clone(),
        };
        let token = jsonwebtoken::encode(&header, &claims, key);
        token.map(Secret::new).map_err(|cause| error(format!("key `{key_id}`: {cause}")))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<TokenClaims, BadToken> {
        if token.len() > MAX_BYTES {
            return Err(BadToken);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| BadToken)?;
        let names_keys = header.jku.is_some()
            || header.jwk.is_some()
            || header.x5u.is_some()
            || header.x5c.is_some()
            || header.crit.is_some();
        if header.alg != Algorithm::HS256 || header.typ.as_deref() != Some(TYPE) || names_keys {
            return Err(BadToken);
        }
        let named = |(id, _, _): &&(String, EncodingKey, DecodingKey)| Some(id) == header.kid.as_ref();
        let (_, _, key) = self.keys.iter().find(named).ok_or(BadToken)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.validation).map_err(|_| BadToken)?.claims;
        if now.0 >= claims.exp_ms {
            return Err(BadToken);
        }
        Ok(TokenClaims {
            token: TokenId::parse(&claims.jti).map_err(|_| BadToken)?,
            user: UserId::parse(&claims.sub).map_err(|_| BadToken)?,
            security_stamp: claims.stamp,
            issued_at: Timestamp(claims.iat_ms),
            expires_at: Timestamp(claims.exp_ms),
        })
    }
}

/// HS256 on ring, and no other algorithm.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| match algorithm {
        Algorithm::HS256 => Ok(Box::new(Hs256::new(key.as_bytes()))),
        _ => Err(Error::from(ErrorKind::InvalidAlgorithm)),
    },
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::HS256 => Ok(Box::new(Hs256::new(key.try_get_as_bytes()?))),
        _ => Err(Error::from(ErrorKind::InvalidAlgorithm)),
    },
    // Keys as JSON are not used.
    key_utils: KeyUtils::new_unimplemented(),
};

struct Hs256(hmac::Key);

impl Hs256 {
    fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        // In constant time.
        hmac::verify(&self.0, message, signature).map_err(|_| signature::Error::new())
    }
}

impl Signing for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl Verifying for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}
