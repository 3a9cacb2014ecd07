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
        ("义乌 北苑街道", "浙江省金华市"),
        ("昆山开发区", "江苏省苏州市"),
        ("苏州工业园区", "江苏省苏州市"),
        ("台州路桥", "浙江省台州市"),
        ("宁波镇海", "浙江省宁波市"),
        ("唐山路北区", "河北省唐山市"),
        ("北京朝阳路", "北京市"),
        ("南京新街口", "江苏省南京市"),
        ("陵水", "海南省陵水黎族自治县"),
        ("辽宁朝阳", "辽宁省朝阳市"),
        ("朝阳双塔", "辽宁省朝阳市"),
        ("合作市", "甘肃省甘南藏族自治州"),
        ("广东江南工业园", "广东省"),
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


@pytest.mark.parametrize(
    "workplace",
    [
        *("中山路88号", "朝阳路", "南京路步行街", "中山一路", "延安中路", "吉林大路", "山东路", "四川北路"),
        *("东风路12号", "解放路3号", "友谊路", "红旗路", "和平路"),
        *("城东工业园", "城北工业园", "城西开发区", "江南工业园", "金山工业园", "滨湖新区", "曲江新区", "松山湖区"),
        *("东城街道", "南城街道", "永安镇", "龙门镇", "临江镇", "桐城路与芜湖路交口"),
        *("平安大厦3楼", "互助社区", "合作市场", "平安里", "永安里", "北京大厦", "香格里拉酒店"),
        *("朝阳", "东方", "公安", "资源", "龙泉驿", "东城", "太平人寿", "路桥专业"),
    ],
)
def test_what_is_only_called_after_a_place_is_not_in_it(workplace: str) -> None:
    """Streets, houses, villages, estates and districts of one name are everywhere; most of these were placed once."""
    assert region_of(workplace) is None
