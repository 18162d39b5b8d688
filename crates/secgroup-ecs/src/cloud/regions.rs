//! Regions and their zones.
//!
//! The list is that of the public regions; it ages. So no operation refuses a
//! region for not being in it: every name of the right form is a region, and
//! every letter behind it a zone. Of a region that is not listed,
//! `DescribeZones` shows the zones a, b and c.

use super::error::ApiError;

/// The greatest length of a name.
const MAX_LENGTH: usize = 64;

/// A public region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Region {
    pub(crate) id: &'static str,
    /// Its name in Chinese, English and Japanese.
    pub(crate) names: [&'static str; 3],
    /// The letters of its zones.
    zones: &'static str,
}

/// `AcceptLanguage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Chinese,
    English,
    Japanese,
}

/// The public regions.
#[rustfmt::skip]
pub(crate) const REGIONS: &[Region] = &[
    region("cn-qingdao", ["华北1（青岛）", "China (Qingdao)", "中国 (青島)"], "bc"),
    region("cn-beijing", ["华北2（北京）", "China (Beijing)", "中国 (北京)"], "abcdefghijkl"),
    region("cn-zhangjiakou", ["华北3（张家口）", "China (Zhangjiakou)", "中国 (張家口)"], "abc"),
    region("cn-huhehaote", ["华北5（呼和浩特）", "China (Hohhot)", "中国 (フフホト)"], "ab"),
    region("cn-wulanchabu", ["华北6（乌兰察布）", "China (Ulanqab)", "中国 (ウランチャブ)"], "abc"),
    region("cn-hangzhou", ["华东1（杭州）", "China (Hangzhou)", "中国 (杭州)"], "befghijk"),
    region("cn-shanghai", ["华东2（上海）", "China (Shanghai)", "中国 (上海)"], "abcdefgklmno"),
    region("cn-nanjing", ["华东5（南京-本地地域）", "China (Nanjing - Local Region)", "中国 (南京 - ローカルリージョン)"], "a"),
    region("cn-fuzhou", ["华东6（福州-本地地域）", "China (Fuzhou - Local Region)", "中国 (福州 - ローカルリージョン)"], "a"),
    region("cn-shenzhen", ["华南1（深圳）", "China (Shenzhen)", "中国 (深セン)"], "acdef"),
    region("cn-heyuan", ["华南2（河源）", "China (Heyuan)", "中国 (河源)"], "ab"),
    region("cn-guangzhou", ["华南3（广州）", "China (Guangzhou)", "中国 (広州)"], "ab"),
    region("cn-wuhan-lr", ["华中1（武汉-本地地域）", "China (Wuhan - Local Region)", "中国 (武漢 - ローカルリージョン)"], "a"),
    region("cn-chengdu", ["西南1（成都）", "China (Chengdu)", "中国 (成都)"], "ab"),
    region("cn-hongkong", ["中国香港", "China (Hong Kong)", "中国 (香港)"], "bcd"),
    region("ap-northeast-1", ["日本（东京）", "Japan (Tokyo)", "日本 (東京)"], "abc"),
    region("ap-northeast-2", ["韩国（首尔）", "South Korea (Seoul)", "韓国 (ソウル)"], "ab"),
    region("ap-southeast-1", ["新加坡", "Singapore", "シンガポール"], "abc"),
    region("ap-southeast-3", ["马来西亚（吉隆坡）", "Malaysia (Kuala Lumpur)", "マレーシア (クアラルンプール)"], "abc"),
    region("ap-southeast-5", ["印度尼西亚（雅加达）", "Indonesia (Jakarta)", "インドネシア (ジャカルタ)"], "abc"),
    region("ap-southeast-6", ["菲律宾（马尼拉）", "Philippines (Manila)", "フィリピン (マニラ)"], "ab"),
    region("ap-southeast-7", ["泰国（曼谷）", "Thailand (Bangkok)", "タイ (バンコク)"], "ab"),
    region("us-west-1", ["美国（硅谷）", "US (Silicon Valley)", "米国 (シリコンバレー)"], "ab"),
    region("us-east-1", ["美国（弗吉尼亚）", "US (Virginia)", "米国 (バージニア)"], "ab"),
    region("na-south-1", ["墨西哥", "Mexico", "メキシコ"], "ab"),
    region("eu-central-1", ["德国（法兰克福）", "Germany (Frankfurt)", "ドイツ (フランクフルト)"], "abc"),
    region("eu-west-1", ["英国（伦敦）", "UK (London)", "イギリス (ロンドン)"], "ab"),
    region("me-east-1", ["阿联酋（迪拜）", "UAE (Dubai)", "UAE (ドバイ)"], "ab"),
    region("me-central-1", ["沙特（利雅得）", "SAU (Riyadh)", "サウジアラビア (リヤド)"], "ab"),
];

const fn region(id: &'static str, names: [&'static str; 3], zones: &'static str) -> Region {
    Region { id, names, zones }
}

impl Language {
    /// Reads `AcceptLanguage`; Chinese where the call has none.
    ///
    /// # Errors
    ///
    /// `404 InvalidAcceptLanguage.NotFound` for other languages.
    pub(crate) fn read(text: Option<&str>) -> Result<Self, ApiError> {
        match text {
            None | Some("zh-CN") => Ok(Self::Chinese),
            Some("en-US") => Ok(Self::English),
            Some("ja") => Ok(Self::Japanese),
            Some(_) => {
                let message =
                    "Only Chinese (zh-CN), English (en-US), and Japanese (ja) are allowed.";
                Err(ApiError::new(
                    404,
                    "InvalidAcceptLanguage.NotFound",
                    message,
                ))
            }
        }
    }

    /// Returns the name of a region; that of one that is not listed is its id.
    pub(crate) fn name(self, region: &str) -> &str {
        let listed = REGIONS.iter().find(|listed| listed.id == region);
        listed.map_or(region, |listed| listed.names[self as usize])
    }

    /// Returns the name of the zone of a letter.
    pub(crate) fn zone_name(self, region: &str, letter: char) -> String {
        let zone = match self {
            Self::Chinese => "可用区",
            Self::English => "Zone",
            Self::Japanese => "ゾーン",
        };
        let (region, letter) = (self.name(region), letter.to_ascii_uppercase());
        format!("{region} {zone} {letter}")
    }
}

/// Tells whether `text` can be a region: words of small letters and digits
/// with dashes between, two at least, the first of letters alone.
pub(crate) fn is_region(text: &str) -> bool {
    let Some((first, others)) = text.split_once('-') else {
        return false;
    };
    let mut others = others.split('-');
    let word = |word: &str| {
        let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        !word.is_empty() && word.bytes().all(small)
    };
    let area = (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_lowercase());
    area && others.all(word) && text.len() <= MAX_LENGTH
}

/// Returns the letters and ids of a region's zones.
pub(crate) fn zones(region: &str) -> impl Iterator<Item = (char, String)> {
    let listed = REGIONS.iter().find(|listed| listed.id == region);
    let letters = listed.map_or("abc", |listed| listed.zones);
    // The zones of `ap-southeast-1` are called `ap-southeast-1a`.
    let dash = if region.ends_with(|last: char| last.is_ascii_digit()) {
        ""
    } else {
        "-"
    };
    let ids = letters.chars();
    ids.map(move |letter| (letter, format!("{region}{dash}{letter}")))
}

/// Tells whether `zone` can be a zone of the region: a letter behind its name,
/// with a dash between or without.
pub(crate) fn is_zone(zone: &str, region: &str) -> bool {
    let rest = zone.strip_prefix(region);
    let letter = rest.map(|rest| rest.strip_prefix('-').unwrap_or(rest));
    letter.is_some_and(|letter| matches!(letter.as_bytes(), [b'a'..=b'z']))
}

/// Returns the zone of what names none: the first one of its region.
pub(crate) fn usual_zone(region: &str) -> String {
    let dash = if region.ends_with(|last: char| last.is_ascii_digit()) {
        ""
    } else {
        "-"
    };
    format!("{region}{dash}a")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_region_and_zone_has_the_form_of_one() {
        for region in REGIONS {
            assert!(is_region(region.id), "{}", region.id);
            assert!(zones(region.id).count() == region.zones.len());
            for (_, zone) in zones(region.id) {
                assert!(is_zone(&zone, region.id), "{zone}");
            }
            let others = REGIONS.iter().filter(|other| other.id == region.id);
            assert_eq!(others.count(), 1, "{}", region.id);
        }
    }

    #[test]
    fn new_regions_are_regions_but_not_every_text_is() {
        for good in [
            "cn-lhasa",
            "cn-shanghai-finance-1",
            "sa-east-1",
            "rus-west-1",
        ] {
            assert!(is_region(good), "{good}");
        }
        let long = format!("cn-{}", "a".repeat(MAX_LENGTH));
        for bad in [
            "",
            "hangzhou",
            "CN-Hangzhou",
            "cn-",
            "-a",
            "cn--a",
            "cn-a b",
            "c1-a",
            &long,
        ] {
            assert!(!is_region(bad), "{bad}");
        }
    }

    #[test]
    fn zones_are_called_after_their_region() {
        let ids = |region| zones(region).map(|(_, id)| id).collect::<Vec<_>>();
        assert_eq!(ids("cn-qingdao"), ["cn-qingdao-b", "cn-qingdao-c"]);
        assert_eq!(ids("us-west-1"), ["us-west-1a", "us-west-1b"]);
        assert_eq!(ids("cn-lhasa"), ["cn-lhasa-a", "cn-lhasa-b", "cn-lhasa-c"]);
        for (zone, region) in [
            ("cn-beijing-a", "cn-hangzhou"),
            ("cn-hangzhou", "cn-hangzhou"),
            ("cn-hangzhou-", "cn-hangzhou"),
            ("cn-hangzhou-1", "cn-hangzhou"),
            ("cn-hangzhou-ab", "cn-hangzhou"),
        ] {
            assert!(!is_zone(zone, region), "{zone}");
        }
    }
}
