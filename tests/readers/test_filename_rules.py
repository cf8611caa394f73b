"""All naming rules as one pattern."""

import re

from geoverify.readers._filename_rules import _ANY_RULE, RULES, match_rules


def test_the_one_pattern_has_one_group_for_each_rule() -> None:
    # A rule with a group of its own would shift the numbers of all rules behind it.
    assert _ANY_RULE.groups == len(RULES)


def test_it_names_the_first_rule_that_any_name_follows() -> None:
    for name in (
        *("IMG-20240116-WA0012", "FB_IMG_1705379412345", "received_1234567890123", "PXL_20240116_043012345", "GX010123"),
        *("photo_3@16-01-2024_11-30-12", "Screenshot_20240116-113012", "a title [dQw4w9WgXcQ]", "IMG_1234", "holiday", ""),
        *("20240116_113012", "IMG_20240116_113012_345", "GdLkZ3sAAAAAx1y", "lv_0_20240116113012", "2024-01-16_11-30-12_UTC"),
    ):
        apart = [(rule, match[0]) for rule in RULES if (match := re.fullmatch(rule.pattern, name))]
        assert [(rule, match[0]) for rule, match in match_rules(name)] == apart, name
