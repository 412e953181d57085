//! A vector as it is stored and compared: one byte for each number.
//!
//! The length of a direction means nothing, so the largest number becomes ±127 and the scale is forgotten. For 384 numbers the
//! cosine of two packed vectors differs from that of the exact ones by less than 0.005; a test holds it to that.

/// The largest number of a byte.
const MOST: f32 = 127.0;

/// A direction in whole numbers. Two of them give the same cosine on every machine.
#[derive(Clone, PartialEq, Eq)]
pub struct Packed {
    numbers: Box<[i8]>,
    /// The sum of squares, at least 1.
    squares: i64,
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Packed({} numbers)", self.numbers.len())
    }
}

impl Packed {
    /// A direction, packed; none if it is none: nothing but zeros, or something that is no number.
    #[must_use]
    pub fn of(vector: &[f32]) -> Option<Self> {
        let most = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        if vector.iter().any(|x| !x.is_finite()) || most <= f32::MIN_POSITIVE {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "between -127 and 127 by what is divided by")]
        Self::new(vector.iter().map(|x| (x / most * MOST).round() as i8).collect())
    }

    /// As it was stored; none for bytes that are no direction.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::new(bytes.iter().map(|byte| byte.cast_signed()).collect())
    }

    fn new(numbers: Box<[i8]>) -> Option<Self> {
        let squares = numbers.iter().map(|x| i64::from(*x) * i64::from(*x)).sum();
        (squares > 0).then_some(Self { numbers, squares })
    }

    /// The numbers as bytes, one each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.numbers.iter().map(|x| x.cast_unsigned()).collect()
    }

    /// How many numbers it has.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.numbers.len()
    }

    /// The numbers.
    #[must_use]
    pub fn numbers(&self) -> &[i8] {
        &self.numbers
    }

    /// The sum of the squares of the numbers.
    #[must_use]
    pub fn squares(&self) -> i64 {
        self.squares
    }

    /// The cosine of the angle between two directions, -1 to 1; 0 where they have not as many numbers.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f64 {
        self.cosine_to(&other.numbers, other.squares)
    }

    /// The same to numbers that lie elsewhere, with the sum of their squares.
    #[must_use]
    pub fn cosine_to(&self, numbers: &[i8], squares: i64) -> f64 {
        if numbers.len() != self.numbers.len() || squares <= 0 {
            return 0.0;
        }
        // Products of bytes are below 2^14, so 2^17 of them fit.
        let dot: i32 = self.numbers.iter().zip(numbers).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        (f64::from(dot) / ((self.squares as f64).sqrt() * (squares as f64).sqrt())).clamp(-1.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(a: &[f32], b: &[f32]) -> f64 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    }

    #[test]
    fn what_is_no_direction_is_not_packed() {
        assert!(Packed::of(&[0.0, 0.0]).is_none() && Packed::of(&[1.0, f32::NAN]).is_none() && Packed::of(&[]).is_none());
        assert!(Packed::from_bytes(&[0, 0, 0]).is_none());
        let (one, other) = (Packed::of(&[1.0, 2.0]).unwrap(), Packed::of(&[1.0, 2.0, 3.0]).unwrap());
        assert_eq!(one.cosine(&other), 0.0);
    }

    proptest! {
        #[test]
        fn a_packed_cosine_is_the_exact_one_within_five_thousandths(
            a in prop::collection::vec(-1.0_f32..1.0, 384), b in prop::collection::vec(-1.0_f32..1.0, 384), near in 0.0_f32..1.0,
        ) {
            // From anything to nearly the same.
            let b: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a * near + b * (1.0 - near)).collect();
            let (one, other) = (Packed::of(&a).unwrap(), Packed::of(&b).unwrap());
            prop_assert!((one.cosine(&other) - exact(&a, &b)).abs() < 0.005);
            prop_assert!((one.cosine(&one) - 1.0).abs() < 1e-12);
            prop_assert_eq!(one.cosine(&other), other.cosine(&one));
        }

        #[test]
        fn what_is_stored_is_what_was_packed(a in prop::collection::vec(-1.0_f32..1.0, 1..64)) {
            prop_assume!(a.iter().any(|x| x.abs() > 1e-3));
            let one = Packed::of(&a).unwrap();
            prop_assert_eq!(one.to_bytes().len(), a.len());
            prop_assert_eq!(Packed::from_bytes(&one.to_bytes()).unwrap(), one);
        }
    }
}
