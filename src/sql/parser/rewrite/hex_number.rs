//! `0x1F` → `31`, `1.5e1` → `15.0`: numbers whose class must not depend on how sqlparser keeps them.
//! (sqlparser reads `0x1F` as a blob and keeps numbers as decimals that forget their exponent.)

use gluesql::core::sqlparser::tokenizer::Token;

use super::super::error::syntax;
use super::super::tokens::Tok;
use crate::error::Result;

pub fn numbers(mut tokens: Vec<Tok>, text: &str) -> Result<Vec<Tok>> {
    for tok in &mut tokens {
        let number = match &tok.token {
            Token::HexStringLiteral(digits) if text[tok.start..].starts_with("0x") => {
                let int = u64::from_str_radix(digits, 16)
                    .map_err(|_| syntax(format!("0x{digits} does not fit 64 bits"), tok.start))?;
                (int as i64).to_string()
            }
            Token::Number(number, _) if number.contains(['e', 'E']) => {
                let real: f64 =
                    number.parse().map_err(|_| syntax(format!("{number} is not a number"), tok.start))?;
                let real = if real.is_finite() { real } else { f64::MAX };
                format!("{real:?}")
            }
            _ => continue,
        };
        *tok = tok.with(Token::Number(number, false));
    }
    Ok(tokens)
}
