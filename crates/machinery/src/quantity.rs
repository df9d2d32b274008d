//! Quantities such as `5Gi` and `100m`: exact, without floats.
//!
//! Models apimachinery/pkg/api/resource/{quantity,amount,suffix}.go, whose quirks are kept: a text that already is
//! canonical is printed as it was typed, `Gi` alone is zero, and `1000E` prints as `1`. Departs in one point: a number
//! with more than 36 significant digits is refused instead of computed with big integers.
//! Invariant: the value is `mantissa * 10^scale`, with `scale >= -9`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

const FORMAT_WRONG: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const NUMERIC_WRONG: &str = "unable to parse numeric part of quantity";
const SUFFIX_WRONG: &str = "unable to parse quantity's suffix";

/// The smallest scale that is kept: 10^-9; what is smaller is rounded up.
const NANO: i32 = -9;
/// So that a mantissa times 2^10 still fits an `i128`.
const MAX_DIGITS: usize = 36;

/// Why a text is no quantity; its text is upstream's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// Not a number with a suffix.
    Format,
    /// The number is none, or has too many digits.
    Numeric,
    /// The suffix is unknown.
    Suffix,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            QuantityError::Format => FORMAT_WRONG,
            QuantityError::Numeric => NUMERIC_WRONG,
            QuantityError::Suffix => SUFFIX_WRONG,
        })
    }
}

impl std::error::Error for QuantityError {}

/// The family of suffixes in which a quantity prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `12e6`.
    DecimalExponent,
    /// `12Mi`.
    BinarySi,
    /// `12M`.
    DecimalSi,
}

impl Format {
    /// Upstream's name: `BinarySI`.
    pub fn name(self) -> &'static str {
        match self {
            Format::DecimalExponent => "DecimalExponent",
            Format::BinarySi => "BinarySI",
            Format::DecimalSi => "DecimalSI",
        }
    }
}

/// A fixed-point number with the format in which it prints.
#[derive(Clone, Debug)]
pub struct Quantity {
    mantissa: i128,
    scale: i32,
    format: Format,
    // What was typed, where that is canonical already.
    text: Option<String>,
}

struct Parts<'a> {
    negative: bool,
    // Without leading zeros, unless it is "0".
    integer: &'a str,
    fraction: &'a str,
    // Sign, integer and fraction as typed.
    number: &'a str,
    suffix: &'a str,
}

impl Quantity {
    /// The whole number in the given format.
    pub fn new(value: i64, format: Format) -> Quantity {
        Quantity { mantissa: value.into(), scale: 0, format, text: None }
    }

    /// Reads a quantity; surrounding white space is not allowed (`Quantity::from_json_text` allows it).
    ///
    /// # Errors
    /// With upstream's text.
    pub fn parse(text: &str) -> Result<Quantity, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Format);
        }
        let parts = split(text)?;
        let (base, exponent, format) = interpret(parts.suffix).ok_or(QuantityError::Suffix)?;
        match parse_fast(text, &parts, exponent, format) {
            Some(quantity) => Ok(quantity),
            None => parse_slow(&parts, base, exponent, format),
        }
    }

    /// Reads what JSON has for a quantity: a string without its quotes, or a number's text (Quantity.UnmarshalJSON).
    ///
    /// # Errors
    /// With upstream's text.
    pub fn from_json_text(text: &str) -> Result<Quantity, QuantityError> {
        Quantity::parse(text.trim())
    }

    /// The value as a number and the power of ten that it is multiplied with.
    pub fn amount(&self) -> (i128, i32) {
        (self.mantissa, self.scale)
    }

    /// The family of suffixes.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What was typed, where that is canonical and was kept.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Whether the value is 0.
    pub fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> i32 {
        self.mantissa.signum() as i32
    }

    /// The value in units of 10^`scale`, rounded away from zero; saturates at the ends of `i64`.
    pub fn scaled_value(&self, scale: i32) -> i64 {
        let shift = self.scale.saturating_sub(scale);
        let value = if shift >= 0 {
            times_pow10(self.mantissa, shift)
        } else {
            divide_up(self.mantissa, shift.saturating_neg())
        };
        value.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    /// The value as a whole number, rounded away from zero; saturates at the ends of `i64`.
    pub fn value(&self) -> i64 {
        self.scaled_value(0)
    }

    /// The value in thousandths, rounded away from zero; saturates at the ends of `i64`.
    pub fn milli_value(&self) -> i64 {
        self.scaled_value(-3)
    }

    /// Rounds away from zero to a multiple of 10^`scale`; says whether nothing was lost.
    pub fn round_up(&mut self, scale: i32) -> bool {
        if self.scale >= scale {
            return true;
        }
        let rounded = divide_up(self.mantissa, scale - self.scale);
        let exact = divides(self.mantissa, scale - self.scale);
        (self.mantissa, self.scale, self.text) = (rounded, scale, None);
        exact
    }

    /// The sum, in this quantity's format, or the other's if this one is zero; saturates far beyond `i64`.
    #[must_use]
    pub fn add(&self, other: &Quantity) -> Quantity {
        let format = if self.is_zero() { other.format } else { self.format };
        if other.is_zero() || self.is_zero() {
            let whole = if self.is_zero() { other } else { self };
            return Quantity { format, text: None, ..whole.clone() };
        }
        let scale = self.scale.min(other.scale);
        let a = times_pow10(self.mantissa, self.scale - scale);
        let b = times_pow10(other.mantissa, other.scale - scale);
        Quantity { mantissa: a.saturating_add(b), scale, format, text: None }
    }

    /// The difference, in this quantity's format, or the other's if this one is zero; saturates far beyond `i64`.
    #[must_use]
    pub fn sub(&self, other: &Quantity) -> Quantity {
        self.add(&Quantity { mantissa: other.mantissa.saturating_neg(), ..other.clone() })
    }

    fn canonical(&self) -> String {
        if self.is_zero() {
            return "0".to_owned();
        }
        if self.format == Format::BinarySi
            && let Some(text) = self.canonical_binary()
        {
            return text;
        }
        let mut amount = self.mantissa;
        let mut exponent = self.scale;
        while amount % 10 == 0 {
            amount /= 10;
            exponent += 1;
        }
        let zeros = exponent.rem_euclid(3);
        let zeros_text = &"00"[..zeros as usize];
        format!("{amount}{zeros_text}{}", decimal_suffix(exponent - zeros, self.format))
    }

    // None where binary suffixes would lose something, or the value is small.
    fn canonical_binary(&self) -> Option<String> {
        let whole = self.whole()?;
        if whole > -1024 && whole < 1024 {
            return None;
        }
        let mut amount = whole;
        let mut power = 0;
        while amount % 1024 == 0 {
            amount /= 1024;
            power += 1;
        }
        let suffix =
            BINARY.iter().find(|(_, exponent)| *exponent == power * 10).map_or("", |(suffix, _)| suffix);
        Some(format!("{amount}{suffix}"))
    }

    fn whole(&self) -> Option<i128> {
        if self.scale >= 0 {
            return pow10(self.scale).and_then(|factor| self.mantissa.checked_mul(factor));
        }
        divides(self.mantissa, -self.scale).then(|| divide_up(self.mantissa, -self.scale))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => f.write_str(text),
            None => f.write_str(&self.canonical()),
        }
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;
    fn from_str(text: &str) -> Result<Quantity, QuantityError> {
        Quantity::parse(text)
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Quantity) -> Ordering {
        let by_sign = self.sign().cmp(&other.sign());
        if by_sign != Ordering::Equal || self.is_zero() {
            return by_sign;
        }
        let (low, high, flipped) =
            if self.scale <= other.scale { (self, other, false) } else { (other, self, true) };
        let ordering =
            match pow10(high.scale - low.scale).and_then(|factor| high.mantissa.checked_mul(factor)) {
                Some(scaled) => low.mantissa.cmp(&scaled),
                // `high` has more digits than an i128 holds: it is farther from zero.
                None => 0.cmp(&high.mantissa),
            };
        if flipped { ordering.reverse() } else { ordering }
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Quantity) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Equal is numerically equal: `1024Mi` is `1Gi`.
impl PartialEq for Quantity {
    fn eq(&self, other: &Quantity) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Quantity {}

const BINARY: [(&str, i32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

// suffixHandler.constructBytes: an exponent without a suffix has the empty one.
fn decimal_suffix(exponent: i32, format: Format) -> String {
    if format == Format::DecimalExponent {
        return if exponent == 0 { String::new() } else { format!("e{exponent}") };
    }
    DECIMAL.iter().find(|(_, e)| *e == exponent).map_or(String::new(), |(suffix, _)| (*suffix).to_owned())
}

fn interpret(suffix: &str) -> Option<(i32, i32, Format)> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(s, _)| *s == suffix) {
        return Some((10, *exponent, Format::DecimalSi));
    }
    if let Some((_, exponent)) = BINARY.iter().find(|(s, _)| *s == suffix) {
        return Some((2, *exponent, Format::BinarySi));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    // Go cuts the exponent to 32 bits; beyond any sense in either way, so keep it small enough to add to.
    let exponent: i64 = exponent.parse().ok()?;
    Some((10, exponent.clamp(-1_000_000, 1_000_000) as i32, Format::DecimalExponent))
}

// parseQuantityString: a scanner that is laxer than the regular expression that its error names.
fn split(text: &str) -> Result<Parts<'_>, QuantityError> {
    let digits_end = |from: usize| {
        text[from..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |offset| from + offset)
    };
    let negative = text.starts_with('-');
    let start = usize::from(text.starts_with(['-', '+']));
    let mut parts = Parts { negative, integer: "0", fraction: "", number: "0", suffix: "" };

    let zeros = text[start..].find(|c: char| c != '0');
    let Some(zeros) = zeros else {
        return Ok(parts);
    };
    let integer_start = start + zeros;
    let integer_end = digits_end(integer_start);
    if integer_end > integer_start {
        parts.integer = &text[integer_start..integer_end];
    }
    let mut position = integer_end;
    if text[position..].starts_with('.') {
        let end = digits_end(position + 1);
        parts.fraction = &text[position + 1..end];
        position = end;
    }
    parts.number = &text[..position];

    let suffix_start = position;
    position = text[position..]
        .find(|c: char| !"eEinumkKMGTP".contains(c))
        .map_or(text.len(), |offset| position + offset);
    if text[position..].starts_with(['-', '+']) {
        position += 1;
    }
    if digits_end(position) != text.len() {
        return Err(QuantityError::Format);
    }
    parts.suffix = &text[suffix_start..];
    Ok(parts)
}

// ParseQuantity's path for numbers that fit an i64, the only one that remembers a canonical text.
fn parse_fast(text: &str, parts: &Parts<'_>, exponent: i32, format: Format) -> Option<Quantity> {
    let digits = i32::try_from(parts.integer.len() + parts.fraction.len()).ok()?;
    let (multiplier, mut scale, precision) = match format {
        Format::DecimalExponent | Format::DecimalSi => (1, exponent, 18 - digits),
        Format::BinarySi if parts.fraction.is_empty() => {
            (1i64 << exponent, 0, 15 - digits - exponent * 3 / 10 - 1)
        }
        Format::BinarySi => return None,
    };
    scale -= parts.fraction.len() as i32;
    if precision < 0 || scale < NANO {
        return None;
    }
    let shifted = format!("{}{}", parts.integer, parts.fraction);
    let value: i64 = shifted.parse().ok()?;
    let result = value.checked_mul(multiplier)?;
    let canonical = match format {
        Format::BinarySi => value & 7 != 0,
        _ => scale % 3 == 0 && !shifted.ends_with("000") && !shifted.starts_with('0'),
    };
    Some(Quantity {
        mantissa: if parts.negative { -i128::from(result) } else { result.into() },
        scale,
        format,
        text: (canonical || text == "0").then(|| text.to_owned()),
    })
}

fn parse_slow(
    parts: &Parts<'_>,
    base: i32,
    exponent: i32,
    format: Format,
) -> Result<Quantity, QuantityError> {
    // inf.Dec.SetString wants at least one digit.
    if !parts.number.bytes().any(|b| b.is_ascii_digit()) {
        return Err(QuantityError::Numeric);
    }
    let fraction = parts.fraction.trim_end_matches('0');
    let digits = format!("{}{fraction}", parts.integer);
    let digits = digits.trim_start_matches('0');
    if digits.len() > MAX_DIGITS {
        return Err(QuantityError::Numeric);
    }
    let mut mantissa: i128 =
        if digits.is_empty() { 0 } else { digits.parse().map_err(|_| QuantityError::Numeric)? };
    let mut scale = -i32::try_from(fraction.len()).map_err(|_| QuantityError::Numeric)?;
    if base == 10 {
        scale = scale.saturating_add(exponent);
    } else {
        let capped = i128::from(i64::MAX);
        mantissa = mantissa.checked_mul(1i128 << exponent).unwrap_or_else(|| times_pow10(capped, -scale));
        // Sizes have a simple cap.
        if divide_up(mantissa, -scale) > capped {
            (mantissa, scale) = (capped, 0);
        }
    }
    if scale < NANO {
        mantissa = divide_up(mantissa, NANO - scale);
        scale = NANO;
    }
    let below_one = scale < 0 && mantissa > 0 && pow10(-scale).is_none_or(|one| mantissa < one);
    let format = if format == Format::BinarySi && below_one { Format::DecimalSi } else { format };
    Ok(Quantity { mantissa: if parts.negative { -mantissa } else { mantissa }, scale, format, text: None })
}

fn pow10(exponent: i32) -> Option<i128> {
    10i128.checked_pow(u32::try_from(exponent).ok()?)
}

fn times_pow10(value: i128, exponent: i32) -> i128 {
    let product = pow10(exponent).and_then(|factor| value.checked_mul(factor));
    product.unwrap_or(if value < 0 {
        i128::MIN
    } else if value == 0 {
        0
    } else {
        i128::MAX
    })
}

// Divides by 10^exponent, away from zero.
fn divide_up(value: i128, exponent: i32) -> i128 {
    let Some(divisor) = pow10(exponent) else {
        return value.signum();
    };
    let rounding = if value % divisor == 0 { 0 } else { value.signum() };
    value / divisor + rounding
}

fn divides(value: i128, exponent: i32) -> bool {
    pow10(exponent).map_or(value == 0, |divisor| value % divisor == 0)
}

#[cfg(test)]
mod tests {
    use super::{Quantity, QuantityError};

    fn q(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn prints_canonically() {
        let cases = [
            ("0", "0"),
            ("1024Mi", "1Gi"),
            ("1500Mi", "1500Mi"),
            ("0.5Gi", "512Mi"),
            ("1000M", "1G"),
            ("1.5G", "1500M"),
            ("1.5Gi", "1536Mi"),
            ("1.3Gi", "1395864371200m"),
            ("512", "512"),
            ("0.5Ki", "512"),
            ("100m", "100m"),
            ("0.1", "100m"),
            ("1000m", "1"),
            ("1e3", "1e3"),
            ("1e2", "100"),
            ("1E6", "1E6"),
            ("12345e2", "1234500"),
            ("0.0000000001", "1n"),
            ("-1Ki", "-1Ki"),
            ("-0.1", "-100m"),
            ("8Ei", "9223372036854775807"),
            ("1000E", "1"),
            ("Gi", "0"),
            ("-", "0"),
            ("+5", "+5"),
            ("1.500", "1.500"),
            ("99999999999999999999Gi", "9223372036854775807"),
            ("100000000000000000000", "100E"),
        ];
        for (text, printed) in cases {
            assert_eq!(q(text).to_string(), printed, "{text}");
        }
    }

    #[test]
    fn refuses_in_upstreams_words() {
        use QuantityError::{Format, Numeric, Suffix};
        let cases = [
            ("", Format),
            ("abc", Format),
            ("5GB", Format),
            ("5 Gi", Format),
            ("5Gig", Format),
            ("1.2.3", Format),
            ("5€", Format),
            ("5GM", Suffix),
            ("5Ki5", Suffix),
            ("5e", Suffix),
            ("1234567890123456789012345678901234567890", Numeric),
        ];
        for (text, error) in cases {
            assert_eq!(Quantity::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn compares_across_families() {
        assert!(q("1G") < q("1Gi"));
        assert_eq!(q("1024Mi"), q("1Gi"));
        assert_eq!(q("1000m"), q("1"));
        assert!(q("-1") < q("0"));
        assert!(q("1e1000") > q("1Ei"));
        assert!(q("-1e1000") < q("-1Ei"));
        assert!(q("1n") > q("-1e1000"));
    }

    #[test]
    fn adds_in_the_first_format_that_is_not_zero() {
        assert_eq!(q("1Gi").add(&q("512Mi")).to_string(), "1536Mi");
        assert_eq!(q("0").add(&q("512Mi")).to_string(), "512Mi");
        assert_eq!(q("100m").add(&q("1")).to_string(), "1100m");
        assert_eq!(q("1Gi").sub(&q("1Gi")).to_string(), "0");
    }

    #[test]
    fn rounds_away_from_zero() {
        assert_eq!((q("1m").value(), q("-1m").value(), q("1500m").value()), (1, -1, 2));
        let mut small = q("1n");
        assert!(!small.round_up(-3));
        assert_eq!(small.to_string(), "1m");
        assert_eq!(q("1e1000").value(), i64::MAX);
    }
}
