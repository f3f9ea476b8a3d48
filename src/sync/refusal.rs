//! What the other side is told when a request is refused: an HTTP status and a small JSON object.

use serde_json::{json, Map, Value as Json};

use crate::error::{Code, Error};
use crate::hash::Address;

/// The remote does not follow the protocol.
pub(crate) fn invalid(what: impl Into<String>) -> Error { Error::new(Code::RemoteInvalid, what) }

#[derive(Clone, Debug)]
pub struct Refusal {
    pub status: u16,
    pub code: Code,
    pub message: String,
    /// 409: the ref that stands elsewhere, and where.
    pub name: Option<String>,
    pub actual: Option<Address>,
    /// 422: what the pushed commits need and nobody has; at most 1,000.
    pub missing: Vec<Address>,
    /// 429 and 503: seconds.
    pub retry_after: Option<u32>,
}

impl Refusal {
    pub fn new(status: u16, code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Refusal { status, code, message, name: None, actual: None, missing: Vec::new(), retry_after: None }
    }

    pub fn to_json(&self) -> String {
        let mut object = Map::new();
        object.insert("code".into(), self.code.as_str().into());
        object.insert("message".into(), self.message.clone().into());
        if let Some(name) = &self.name {
            object.insert("name".into(), name.clone().into());
            object.insert("actual".into(), self.actual.map_or(Json::Null, |actual| actual.hex().into()));
        }
        if !self.missing.is_empty() {
            let missing: Vec<String> = self.missing.iter().map(Address::hex).collect();
            object.insert("missing".into(), json!(missing));
        }
        Json::Object(object).to_string()
    }

    /// What a client reads of an answer that is no success. The body may be anything: a proxy may have written it.
    pub fn from_answer(status: u16, body: &[u8]) -> Refusal {
        let json: Json = serde_json::from_slice(body).unwrap_or_default();
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let by_status = match status {
            401 | 403 => Code::RemoteAuth,
            409 => Code::RemoteNonFf,
            408 | 425 | 429 | 500..=504 => Code::RemoteUnreachable,
            507 | 413 => Code::Quota,
            _ => Code::RemoteInvalid,
        };
        let code = text("code").and_then(|code| Code::ALL.iter().copied().find(|known| known.as_str() == code));
        let mut refusal = Refusal::new(
            status,
            code.unwrap_or(by_status),
            text("message").unwrap_or_else(|| format!("the remote answered with HTTP status {status}")),
        );
        refusal.name = text("name");
        refusal.actual = text("actual").as_deref().and_then(Address::from_hex);
        if let Some(missing) = json.get("missing").and_then(Json::as_array) {
            refusal.missing = missing.iter().filter_map(|item| Address::from_hex(item.as_str()?)).collect();
        }
        refusal
    }

    /// Whether the same request may succeed later.
    pub fn is_passing(&self) -> bool { matches!(self.status, 408 | 425 | 429 | 500..=504) }

    pub fn into_error(self) -> Error { Error::new(self.code, self.message) }
}

impl From<Error> for Refusal {
    /// A request that could not be read or served.
    fn from(error: Error) -> Refusal {
        if error.code() == Code::StorageBlocked {
            // It is the remote's storage, and may answer again in a moment.
            let mut refusal = Refusal::new(503, Code::RemoteUnreachable, error.message());
            refusal.retry_after = Some(2);
            return refusal;
        }
        let status = match error.code() {
            Code::RemoteInvalid | Code::BadArgument => 400,
            Code::RefNotFound => 404,
            Code::RemoteNonFf | Code::TxConflict | Code::Dirty => 409,
            Code::RemoteAuth | Code::ReadOnly => 403,
            Code::Quota => 507,
            _ => 500,
        };
        Refusal::new(status, error.code(), error.message())
    }
}
