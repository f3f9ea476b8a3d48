//! Errors as they cross: `{code, message, position, hint}`.

use js_sys::{Object, Reflect};
use prollite::Error;
use wasm_bindgen::JsValue;

pub fn error_object(error: &Error) -> JsValue {
    let object = Object::new();
    let set = |key: &str, value: JsValue| {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(key), &value);
    };
    set("code", error.code().as_str().into());
    set("message", error.message().into());
    if let Some(position) = error.position() {
        set("position", JsValue::from_f64(position as f64));
    }
    if let Some(hint) = error.hint() {
        set("hint", hint.into());
    }
    object.into()
}
