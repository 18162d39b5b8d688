"""What the scripts in Python share: checks that are counted, and awkward text."""

import re

REGION = "cn-hangzhou"

# Each of these characters is encoded in its own way by one SDK or another.
AWKWARD = "a b*~+/=&%1!'()第ä"

# A description may have 512 characters; these are the longest in a URL.
CHINESE = "安全组规则说明" * 73 + "完"

_count = 0


def count():
    return _count


def check(holds, message):
    """Counts a check, and ends the script if it does not hold."""
    global _count
    assert holds, message
    _count += 1


def same(actual, expected, what):
    check(actual == expected, f"{what}: {actual!r}, expected {expected!r}")


def types(fields, kind, names, what):
    """Checks that fields of a JSON object are there and of a type."""
    for name in names.split():
        value = fields.get(name)
        check(type(value) is kind, f"{what}: {name} is {value!r}, expected {kind.__name__}")


def is_request_id(text):
    pattern = "[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"
    check(re.fullmatch(pattern, text or ""), f"RequestId is {text!r}")


def is_time(text):
    check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text or ""), f"{text!r} is no time")
