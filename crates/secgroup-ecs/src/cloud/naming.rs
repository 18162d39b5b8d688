//! What the names and descriptions of objects may look like.

/// Tells whether `text` is the name of an object: 2 to 128 characters, the
/// first a letter (Chinese characters are letters), the others letters,
/// digits, `:`, `_`, `.` or `-` (5.1.1). So it is no web address, which has
/// slashes.
pub(crate) fn check_name(text: &str) -> bool {
    let mut characters = text.chars();
    let starts = characters.next().is_some_and(char::is_alphabetic);
    let goes_on =
        characters.all(|one| one.is_alphabetic() || one.is_ascii_digit() || ":_.-".contains(one));
    starts && goes_on && (2..=128).contains(&text.chars().count())
}

/// Tells whether `text` is the name of a prefix list or port list (5.8.1):
/// that of an object, but the names of the platform's own lists, which begin
/// with `com.aliyun` and `com.alibabacloud`, are taken.
pub(crate) fn check_list_name(text: &str) -> bool {
    let platform = ["com.aliyun", "com.alibabacloud"];
    check_name(text) && !platform.iter().any(|start| text.starts_with(start))
}

/// Tells whether `text` is a description: 2 to 256 characters, and no web
/// address (5.1.1).
pub(crate) fn check_description(text: &str) -> bool {
    is_description(text, 256)
}

/// Tells whether `text` is the description of an entry of a list: 2 to 32
/// characters, and no web address (5.8.1).
pub(crate) fn check_entry_description(text: &str) -> bool {
    is_description(text, 32)
}

fn is_description(text: &str, most: usize) -> bool {
    let is_address = text.starts_with("http://") || text.starts_with("https://");
    (2..=most).contains(&text.chars().count()) && !is_address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_with_a_letter_and_have_2_to_128_characters_5_1_1() {
        let (longest, longer) = ("n".repeat(128), "n".repeat(129));
        for good in ["ab", "A1", "a:b_c.d-e", "前端", "http:", "Web-01", &longest] {
            assert!(check_name(good), "{good}");
        }
        for bad in [
            "", "a", "1a", "-a", "_a", "a b", "a/b", "a*", "http://a", "https://", "ab\n", &longer,
        ] {
            assert!(!check_name(bad), "{bad}");
        }
    }

    #[test]
    fn names_of_the_platform_are_not_for_lists_5_8_1() {
        assert!(check_name("com.aliyun.x") && !check_list_name("com.aliyun.x"));
        assert!(!check_list_name("com.alibabacloud"));
        assert!(check_list_name("com.example") && !check_list_name("1a"));
    }

    #[test]
    fn descriptions_have_2_to_256_characters_and_are_no_address_5_1_1() {
        let (longest, longer) = ("字".repeat(256), "字".repeat(257));
        for good in ["ab", "1 <&> ", " http://a", &longest] {
            assert!(check_description(good), "{good}");
        }
        for bad in ["", "a", "字", "http://a", "https://a", &longer] {
            assert!(!check_description(bad), "{bad}");
        }
        let (longest, longer) = ("e".repeat(32), "e".repeat(33));
        assert!(check_entry_description(&longest) && !check_entry_description(&longer));
    }
}
