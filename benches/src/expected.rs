//! The checksums that every engine must reach, by workload.

/// Workloads and their checksums. A change of a generator changes them; a
/// change of an engine never does.
const EXPECTED: &[(&str, u64)] = &[
    ("v4/10/mixed", 0xa0eb_0b1d_82c4_270c),
    ("v4/100/mixed", 0x8e4f_4820_987c_610c),
    ("v4/1000/mixed", 0x4b03_506c_72a5_6630),
    ("v4/10000/mixed", 0x9c9f_45b7_3235_69d8),
    ("v4/1000/hit_first", 0x34ff_f1d9_36ca_2325),
    ("v4/1000/deep_miss", 0x54cf_10fb_9bd2_2325),
    ("v4/1000/all_priorities_equal", 0x52b9_ead5_a646_3565),
    ("v4/fleet/mixed", 0x2d00_8f9f_c56c_4156),
    ("v6/10/mixed", 0xfab5_896b_4564_7203),
    ("v6/100/mixed", 0xca9e_ac6a_08f4_bbca),
    ("v6/1000/mixed", 0x0b48_1567_a61d_2858),
    ("v6/10000/mixed", 0x125e_4f52_3650_275f),
    ("v6/1000/hit_first", 0x34ff_f1d9_36ca_2325),
    ("v6/1000/deep_miss", 0x54cf_10fb_9bd2_2325),
    ("v6/1000/all_priorities_equal", 0xdb77_a11e_4e45_bfe5),
    ("v6/fleet/mixed", 0x7de2_5ff4_55f8_23ce),
    ("replay/1000", 0xfedc_f6e3_5648_eff2),
];

/// Returns the checksum of a workload.
///
/// # Panics
///
/// Panics when `workload` is not in the list.
#[must_use]
pub fn expected(workload: &str) -> u64 {
    let found = EXPECTED.iter().find(|(name, _)| *name == workload);
    found
        .unwrap_or_else(|| unreachable!("no checksum of `{workload}` is listed"))
        .1
}
