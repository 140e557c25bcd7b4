//! API tokens: JWT, HS256 only, signed by a key of the keyring that `kid` names.

use crate::keyring::{Keyring, Purpose};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner as SignerPort, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result as JwtResult};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::hmac;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use storywright_domain::person::TokenClaims;
use storywright_domain::ports::{BadToken, SealError, TokenSigner};
use storywright_domain::{Secret, Timestamp, TokenId, UserId};

const AUDIENCE: &str = "storywright-api";
const ISSUER: &str = "storywright";

/// Signs and checks API tokens.
pub struct JwtSigner {
    keyring: Arc<Keyring>,
}

#[derive(Serialize, Deserialize)]
struct Body {
    iss: String,
    aud: String,
    sub: UserId,
    jti: TokenId,
    iat: i64,
    exp: i64,
    stamp: String,
}

impl JwtSigner {
    /// A signer on this keyring.
    #[must_use]
    pub fn new(keyring: Arc<Keyring>) -> Self {
        // The library takes one provider for the whole process; a second call is refused and changes nothing.
        let _ = PROVIDER.install_default();
        Self { keyring }
    }
}

impl TokenSigner for JwtSigner {
    fn sign(&self, claims: &TokenClaims) -> Result<Secret, SealError> {
        let kid = self.keyring.primary_id().to_owned();
        let key = self
            .keyring
            .derived(&kid, Purpose::Token)
            .ok_or_else(|| SealError { detail: format!("there is no key {kid}") })?;
        let header = Header { kid: Some(kid), ..Header::new(Algorithm::HS256) };
        let body = Body {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: claims.user,
            jti: claims.token,
            iat: claims.issued_at.0.div_euclid(1_000),
            exp: claims.expires_at.0.div_euclid(1_000),
            stamp: claims.security_stamp.clone(),
        };
        jsonwebtoken::encode(&header, &body, &EncodingKey::from_secret(key.as_slice()))
            .map(Secret::new)
            .map_err(|error| SealError { detail: error.to_string() })
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<TokenClaims, BadToken> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| BadToken)?;
        let typed = header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"));
        if !typed || header.alg != Algorithm::HS256 {
            return Err(BadToken);
        }
        let kid = header.kid.ok_or(BadToken)?;
        let key = self.keyring.derived(&kid, Purpose::Token).ok_or(BadToken)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        // The time is the caller's to give; the library would read its own clock.
        validation.validate_exp = false;
        let body = jsonwebtoken::decode::<Body>(token, &DecodingKey::from_secret(key.as_slice()), &validation)
            .map_err(|_| BadToken)?
            .claims;
        let claims = TokenClaims {
            token: body.jti,
            user: body.sub,
            security_stamp: body.stamp,
            issued_at: Timestamp(body.iat.saturating_mul(1_000)),
            expires_at: Timestamp(body.exp.saturating_mul(1_000)),
        };
        if claims.expires_at > now { Ok(claims) } else { Err(BadToken) }
    }
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: new_signer,
    verifier_factory: new_verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// HMAC-SHA-256 on ring, the one crypto provider of this program.
struct Hs256(hmac::Key);

fn new_signer(algorithm: &Algorithm, key: &EncodingKey) -> JwtResult<Box<dyn SignerPort>> {
    Ok(Box::new(Hs256::new(*algorithm, key.as_bytes())?))
}

fn new_verifier(algorithm: &Algorithm, key: &DecodingKey) -> JwtResult<Box<dyn JwtVerifier>> {
    Ok(Box::new(Hs256::new(*algorithm, key.try_get_as_bytes()?)?))
}

impl Hs256 {
    fn new(algorithm: Algorithm, secret: &[u8]) -> JwtResult<Self> {
        if algorithm == Algorithm::HS256 {
            Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, secret)))
        } else {
            Err(ErrorKind::InvalidAlgorithm.into())
        }
    }
}

impl signature::Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl signature::Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> Result<(), signature::Error> {
        // ring compares in constant time.
        hmac::verify(&self.0, message, tag).map_err(|_| signature::Error::new())
    }
}

impl SignerPort for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn signer() -> JwtSigner {
        let folder = tempfile::tempdir().unwrap();
        JwtSigner::new(Arc::new(Keyring::create(&folder.path().join("ring.json")).unwrap()))
    }

    fn claims() -> TokenClaims {
        TokenClaims {
            token: TokenId(7),
            user: UserId(8),
            security_stamp: "stamp".into(),
            issued_at: Timestamp(1_000),
            expires_at: Timestamp(5_000),
        }
    }

    #[test]
    fn a_token_says_what_was_signed_until_it_ends() {
        let signer = signer();
        let token = signer.sign(&claims()).unwrap();
        assert_eq!(signer.verify(token.reveal(), Timestamp(4_999)), Ok(claims()));
        assert_eq!(signer.verify(token.reveal(), Timestamp(5_000)), Err(BadToken));
    }

    #[test]
    fn changed_foreign_and_unsigned_tokens_are_refused() {
        let signer = signer();
        let token = signer.sign(&claims()).unwrap();
        let parts: Vec<&str> = token.reveal().split('.').collect();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT","kid":"k1"}"#);
        let hs512 = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS512","typ":"JWT","kid":"k1"}"#);
        let other_body = URL_SAFE_NO_PAD.encode(r#"{"iss":"storywright","aud":"storywright-api","sub":"00000000000000000000000000000009","jti":"00000000000000000000000000000007","iat":1,"exp":5,"stamp":"stamp"}"#);
        for forged in [
            format!("{none}.{}.", parts[1]),
            format!("{hs512}.{}.{}", parts[1], parts[2]),
            format!("{}.{other_body}.{}", parts[0], parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            String::new(),
            "a.b.c".to_owned(),
        ] {
            assert_eq!(signer.verify(&forged, Timestamp(0)), Err(BadToken), "{forged}");
        }
        assert_eq!(self::signer().verify(token.reveal(), Timestamp(0)), Err(BadToken), "another keyring");
    }
}
