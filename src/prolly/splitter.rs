//! Where nodes end. Format, not tuning: every constant here decides addresses.
//!
//! The boundary test looks at the *key* alone, so that a new value of the same size never moves a
//! boundary, and its hash is salted by level, or the boundaries of one level would follow those of
//! the level below. The node's size so far runs against a Weibull curve of shape 4: an item that takes
//! a node from `start` to `end` bytes closes it with the probability that such a node ends there,
//! given that it did not end before,
//!
//! ```text
//! p = 1 - exp(-(H(end) - H(start)))    H(x) = (x / scale)^4
//! ```
//!
//! All of it is integers, and the same on every machine: `exp` is a product of tabled powers.
//!
//! The scales were chosen by what one changed row writes. At 1 M rows of 115 bytes, scale 4,096
//! throughout writes 12.1 KB in 4 nodes; 3,072 in leaves and 2,048 above writes 8.7 KB in 4 nodes;
//! 1,024 above writes 6.4 KB, but makes the tree a level higher, and each level is a read.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A node below this size is never closed.
const MIN_SIZE: u64 = 512;
/// A node closes after the item that crosses this size.
const MAX_SIZE: u64 = 16 * 1024;
/// What an item weighs besides its key and value: its two offsets.
const ITEM_WEIGHT: u64 = 4;

/// Scale of the curve in leaves and in inner nodes, in units of 256 bytes.
const LEAF_SCALE: u64 = 12;
const INNER_SCALE: u64 = 8;
/// The hazard in units of 2^-32 from which on `p` is 1; the table covers what is below.
const HAZARD_LIMIT: u64 = 32 << 32;

/// `EXP[k] = floor(2^64 * exp(-2^(4 - k)))`, computed once with 80 decimal digits.
const EXP: [u64; 37] = [
    0x1e355bbaee8,
    0x15fc21041027ac,
    0x4b0556e084f3d1d,
    0x22a555477f03973f,
    0x5e2d58d8b3bcdf1a,
    0x9b4597e37cb04ff3,
    0xc75f7cf564105743,
    0xe1eb51276c110c3c,
    0xf07d5fde38151e72,
    0xf81fab5445aebc8a,
    0xfc07f55ff77d2493,
    0xfe01feab551127cb,
    0xff007fd55ffdde38,
    0xff801ffaab554445,
    0xffc007ff555fff77,
    0xffe001ffeaab5551,
    0xfff0007ffd555fff,
    0xfff8001fffaaab55,
    0xfffc0007fff5555f,
    0xfffe0001fffeaaab,
    0xffff00007fffd555,
    0xffff80001ffffaaa,
    0xffffc00007ffff55,
    0xffffe00001ffffea,
    0xfffff000007ffffd,
    0xfffff800001fffff,
    0xfffffc000007ffff,
    0xfffffe000001ffff,
    0xffffff0000007fff,
    0xffffff8000001fff,
    0xffffffc0000007ff,
    0xffffffe0000001ff,
    0xfffffff00000007f,
    0xfffffff80000001f,
    0xfffffffc00000007,
    0xfffffffe00000001,
    0xffffffff00000000,
];

/// Decides, item by item, where the nodes of one level end.
pub(super) struct Splitter {
    salt: u64,
    inner: bool,
    /// `(scale / 256)^4`: a difference of fourth powers divided by it is the hazard in units of 2^-32.
    unit: u64,
    size: u64,
    items: u32,
}

impl Splitter {
    pub fn new(level: u8) -> Self {
        let inner = level > 0;
        let scale = if inner { INNER_SCALE } else { LEAF_SCALE };
        Splitter {
            salt: xxh3_64(&[level]),
            inner,
            unit: scale.pow(4),
            size: 0,
            items: 0,
        }
    }

    pub fn reset(&mut self) {
        self.size = 0;
        self.items = 0;
    }

    /// Takes an item that is known not to close its node.
    pub fn pass(&mut self, key: &[u8], value_len: usize) {
        self.size += key.len() as u64 + value_len as u64 + ITEM_WEIGHT;
        self.items += 1;
    }

    /// Takes the next item; `true` when the node closes after it. An inner node is not closed with a
    /// single child, or keys that always split would never close the tree.
    pub fn closes(&mut self, key: &[u8], value_len: usize) -> bool {
        let start = self.size;
        self.pass(key, value_len);
        if self.size < MIN_SIZE || (self.inner && self.items < 2) {
            return false;
        }
        self.size > MAX_SIZE || drawn(self.unit, start, self.size, xxh3_64_with_seed(key, self.salt) >> 32)
    }
}

/// Whether a draw of 32 bits falls below `p(start, end)`.
fn drawn(unit: u64, start: u64, end: u64, draw: u64) -> bool {
    let fourth = end.pow(4) - start.pow(4);
    // p is below the hazard: most items end here, without a division.
    if draw * unit >= fourth {
        return false;
    }
    let hazard = fourth / unit;
    if hazard >= HAZARD_LIMIT {
        return true;
    }
    let mut survival = 1u128 << 64;
    for (k, factor) in EXP.iter().enumerate() {
        if hazard >> (36 - k) & 1 == 1 {
            survival = (survival * u128::from(*factor)) >> 64;
        }
    }
    u128::from(draw) << 32 < (1u128 << 64) - survival
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_power_is_the_square_of_the_next() {
        for pair in EXP.windows(2) {
            let square = (u128::from(pair[1]) * u128::from(pair[1])) >> 64;
            assert!(square.abs_diff(u128::from(pair[0])) <= 2, "{pair:x?}");
        }
    }

    #[test]
    fn draws_follow_the_curve() {
        for (start, end) in [
            (512u64, 572u64),
            (3_000, 3_100),
            (4_000, 6_000),
            (2_000, 4_096),
            (8_000, 16_000),
        ] {
            for scale in [LEAF_SCALE, INNER_SCALE] {
                let h = |x: u64| (x as f64 / (scale * 256) as f64).powi(4);
                let p = 1.0 - (h(start) - h(end)).exp();
                let threshold = (p * 4_294_967_296.0) as u64;
                assert!(drawn(scale.pow(4), start, end, threshold.saturating_sub(4)));
                assert!(!drawn(scale.pow(4), start, end, threshold + 4) || threshold + 4 >= 1 << 32);
            }
        }
    }

    #[test]
    fn sizes_are_near_the_mean_and_bounded() {
        let mut splitter = Splitter::new(0);
        let (mut sizes, mut size) = (Vec::new(), 0);
        for i in 0..200_000u32 {
            size += 8 + 52 + 4;
            let key = u64::from(i).to_be_bytes();
            if splitter.closes(&key, 52) {
                splitter.reset();
                sizes.push(std::mem::take(&mut size));
            }
        }
        let mean = sizes.iter().sum::<usize>() / sizes.len();
        assert!((2_650..2_950).contains(&mean), "mean {mean}");
        assert!(sizes.iter().all(|size| (512..=16_384 + 64).contains(size)));
    }
}
