"""Workplaces as they are written, and the part of the country each is in."""

import pytest

from stream_jobs.domain.region import region_of


@pytest.mark.parametrize(
    ("workplace", "region"),
    [
        ("东莞长安", "广东省东莞市"),
        ("广东省东莞市长安镇", "广东省东莞市"),
        ("广东 东莞", "广东省东莞市"),
        ("珠海斗门", "广东省珠海市"),
        ("北京市朝阳区", "北京市"),
        ("上海", "上海市"),
        ("重庆万州", "重庆市"),
        ("朝阳市双塔区", "辽宁省朝阳市"),
        ("吉林市", "吉林省吉林市"),
        ("吉林长春", "吉林省长春市"),
        ("海南三亚", "海南省三亚市"),
        ("内蒙古", "内蒙古自治区"),
        ("内蒙古自治区通辽市奈曼旗", "内蒙古自治区通辽市"),
        ("广西南宁市青秀区", "广西壮族自治区南宁市"),
        ("昆山", "江苏省苏州市"),
        ("常熟市", "江苏省苏州市"),
        ("会宁县", "甘肃省白银市"),
        ("湖北仙桃", "湖北省仙桃市"),
        ("仙桃市", "湖北省仙桃市"),
        ("延边州延吉市", "吉林省延边朝鲜族自治州"),
        ("伊犁", "新疆维吾尔自治区伊犁哈萨克自治州"),
        ("浙江", "浙江省"),
        ("江苏省内", "江苏省"),
    ],
)
def test_a_workplace_is_read_down_to_its_city(workplace: str, region: str) -> None:
    """With or without the province, whole or short; a county says which city it is of."""
    found = region_of(workplace)

    assert found and found.name == region


@pytest.mark.parametrize("workplace", ["", "全国", "朝阳区", "鼓楼区", "长安", "示例县城关镇", "面议", "Suzhou"])
def test_what_names_no_part_of_the_country_is_not_guessed(workplace: str) -> None:
    """A name that several places have is none."""
    assert region_of(workplace) is None
