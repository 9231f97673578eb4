/// The unsigned big-endian number `bytes` in decimal.
pub(super) fn decimal(bytes: &[u8]) -> String {
    // Little-endian digits; each byte multiplies them by 256 and is added.
    let mut digits = vec![0_u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) * 256;
            *digit = (carry % 10) as u8;
            carry /= 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits
        .iter()
        .rev()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}

/// Without the zero byte that keeps a DER integer positive.
pub(super) fn colon_hex(bytes: &[u8]) -> String {
    let significant = match bytes {
        [0, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    let pairs: Vec<String> = significant
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn twenty_bytes_are_a_long_number() {
        // The serial number of a recorded request.
        let serial = hex::decode("00f1e2d3c4b5a697887766554433221100aabbcc").unwrap();
        let expected = "5394239030517750101787403360659429389358513100";
        assert_eq!(decimal(&serial), expected);
        assert_eq!(decimal(&[]), "0");
        assert_eq!(decimal(&[0, 0]), "0");
        assert_eq!(decimal(&[1, 0]), "256");
    }

    #[test]
    fn colons_stand_between_the_bytes() {
        assert_eq!(colon_hex(&[0, 0xf1, 0x02]), "f1:02");
        assert_eq!(colon_hex(&[0]), "00");
    }

    proptest! {
        #[test]
        fn agrees_with_128_bit_arithmetic(number: u128) {
            prop_assert_eq!(decimal(&number.to_be_bytes()), number.to_string());
        }
    }
}
