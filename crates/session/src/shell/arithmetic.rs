//! `$((…))`: whole numbers of 64 bits.
//!
//! Follows POSIX' Shell Command Language, 2.6.4, without assignments. Invariant: parentheses nest at most [`MAX_DEPTH`] deep.

use std::sync::Arc;

/// Longest value of a variable that is read as a number, in bytes.
const NUMBER_LIMIT: usize = 64;
/// How deep parentheses and signs may nest.
const MAX_DEPTH: usize = 100;
/// Operators of two operands, those that bind loosest first.
const OPERATORS: [&[&str]; 9] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// The value of an expression; a name stands for its variable.
///
/// # Errors
/// What bash says behind the expression.
pub fn evaluate(text: &str, variable: &dyn Fn(&str) -> Arc<str>) -> Result<i64, String> {
    let mut parser = Parser { rest: text, variable, depth: 0 };
    parser.skip_blanks();
    if parser.rest.is_empty() {
        return Ok(0);
    }
    let value = parser.level(0)?;
    match parser.rest {
        "" => Ok(value),
        rest => Err(format!("syntax error in expression (error token is \"{rest}\")")),
    }
}

struct Parser<'a> {
    rest: &'a str,
    variable: &'a dyn Fn(&str) -> Arc<str>,
    depth: usize,
}

impl Parser<'_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, sign: &str) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn operator(&mut self, level: usize) -> Option<&'static str> {
        let found = OPERATORS[level].iter().find(|sign| self.rest.starts_with(**sign))?;
        // A shorter operator is not the beginning of a longer one.
        let longer = OPERATORS.iter().flat_map(|signs| signs.iter()).chain(&["**"]);
        let mut longer = longer.filter(|sign| sign.len() > found.len());
        if longer.any(|sign| self.rest.starts_with(sign)) {
            return None;
        }
        self.eat(found);
        Some(found)
    }

    fn level(&mut self, level: usize) -> Result<i64, String> {
        if level == OPERATORS.len() {
            return self.power();
        }
        let mut left = self.level(level + 1)?;
        while let Some(sign) = self.operator(level) {
            let before = self.rest;
            let right = self.level(level + 1)?;
            left = match sign {
                "||" => i64::from(left != 0 || right != 0),
                "&&" => i64::from(left != 0 && right != 0),
                "|" => left | right,
                "^" => left ^ right,
                "&" => left & right,
                "==" => i64::from(left == right),
                "!=" => i64::from(left != right),
                "<=" => i64::from(left <= right),
                ">=" => i64::from(left >= right),
                "<" => i64::from(left < right),
                ">" => i64::from(left > right),
                "+" => left.wrapping_add(right),
                "-" => left.wrapping_sub(right),
                "*" => left.wrapping_mul(right),
                _ if right == 0 => return Err(format!("division by 0 (error token is \"{before}\")")),
                "/" => left.wrapping_div(right),
                _ => left.wrapping_rem(right),
            };
        }
        Ok(left)
    }

    fn power(&mut self) -> Result<i64, String> {
        let base = self.unary()?;
        if !self.eat("**") {
            return Ok(base);
        }
        self.deeper(|parser| {
            let exponent = parser.power()?;
            match u32::try_from(exponent) {
                Ok(exponent) => Ok(base.wrapping_pow(exponent)),
                Err(_) if exponent > 0 => Ok(0),
                Err(_) => Err("exponent less than 0".to_owned()),
            }
        })
    }

    fn unary(&mut self) -> Result<i64, String> {
        for sign in ["-", "+", "!", "~"] {
            if self.rest.starts_with("!=") || !self.eat(sign) {
                continue;
            }
            let value = self.deeper(Parser::unary)?;
            return Ok(match sign {
                "-" => value.wrapping_neg(),
                "+" => value,
                "!" => i64::from(value == 0),
                _ => !value,
            });
        }
        self.operand()
    }

    fn operand(&mut self) -> Result<i64, String> {
        if self.eat("(") {
            let value = self.deeper(|parser| parser.level(0))?;
            return if self.eat(")") { Ok(value) } else { Err(self.missing("`)' expected")) };
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if word.is_empty() {
            return Err(self.missing("syntax error: operand expected"));
        }
        self.rest = rest.trim_start();
        if !word.starts_with(|c: char| c.is_ascii_digit()) {
            let value = (self.variable)(word);
            let number = if value.len() > NUMBER_LIMIT { None } else { value.trim().parse().ok() };
            return Ok(number.unwrap_or(0));
        }
        let number = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
            Some(hex) => i64::from_str_radix(hex, 16),
            None if word.len() > 1 && word.starts_with('0') => i64::from_str_radix(word, 8),
            None => word.parse(),
        };
        number.map_err(|_| format!("value too great for base (error token is \"{word}\")"))
    }

    fn missing(&self, what: &str) -> String {
        format!("{what} (error token is \"{}\")", self.rest)
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Result<i64, String>) -> Result<i64, String> {
        if self.depth == MAX_DEPTH {
            return Err(format!("nested more than {MAX_DEPTH} deep"));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, evaluate};

    #[test]
    fn expressions_have_bashs_values() {
        let variable = |name: &str| Arc::from(if name == "i" { "4" } else { "" });
        let cases = [
            ("1+2*3", "7"),
            ("(1 + 2) * 3", "9"),
            ("2**3**2", "512"),
            ("-7 / 2", "-3"),
            ("-7 % 3", "-1"),
            ("i + 1", "5"),
            ("none", "0"),
            ("", "0"),
            ("1 < 2 && 3 >= 3", "1"),
            ("!1 || 0", "0"),
            ("1 != 2", "1"),
            ("5 & 6 | 8", "12"),
            ("0x10 + 010", "24"),
            ("1/0", "division by 0 (error token is \"0\")"),
            ("1 +", "syntax error: operand expected (error token is \"\")"),
            ("1 2", "syntax error in expression (error token is \"2\")"),
        ];
        for (text, expected) in cases {
            let value = evaluate(text, &variable).map_or_else(|error| error, |value| value.to_string());
            assert_eq!(value, expected, "{text}");
        }
        assert!(evaluate(&"(".repeat(5000), &variable).is_err());
        assert!(evaluate(&"-".repeat(5000), &variable).is_err());
    }
}
