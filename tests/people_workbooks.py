"""Lists of people as employers and platforms send them."""

import csv
import io
from collections.abc import Sequence

import openpyxl

from stream_jobs.domain.job_sheet import Sheet

RETURNED = ("编号", "称呼", "手机", "岗位", "报名时间", "联系结果", "备注")
PLATFORM = ("线索时间", "姓名", "手机号", "意向岗位")


def a_list(*rows: Sequence[object], header: Sequence[object] = RETURNED) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    for row in (header, *rows):
        sheet.append(list(row))
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def a_sheet(*rows: Sequence[object], header: Sequence[object] = RETURNED) -> list[Sheet]:
    return [Sheet("名单", [list(row) for row in (header, *rows)])]  # type: ignore[arg-type]  # cells of tests


def a_csv(*rows: Sequence[object], encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


# Where people apply beside the show; everybody in them is made up. Neither 快聘 nor 抖音 publishes what its export
# looks like: those two have the words of their own pages and of what vendors of CRM map from them (线索ID, 姓名, 电话,
# 创建时间). The comments have the heading of a public tool that saves them; a telephone list is what a desk keeps.
FORMS = {
    "快聘.xlsx": a_list(
        ("2026-11-21 20:15:09", "王师傅", "13800000101", "1号", "示例市"),
        ("2026-11-21 20:16:40", "李女士", "13800000102", "2号", "示例市"),
        header=("投递时间", "求职者姓名", "联系方式", "应聘职位", "所在城市"),
    ),
    "抖音线索.csv": a_csv(
        ("线索ID", "姓名", "电话", "线索创建时间", "线索来源"),
        ("7301", "赵先生", "13800000103", "2026/11/21 20:17", "直播间小风车"),
        ("7302", "", "13800000104", "2026/11/21 20:18", "直播间小风车"),
        encoding="gb18030",
    ),
    "评论.csv": a_csv(
        ("评论ID", "评论内容", "评论图片", "点赞数", "评论时间", "用户昵称", "用户主页链接", "用户抖音号", "用户签名"),
        ("1", "主播好666666666", "", "3", "2026-11-21 20:15:09", "示例路人", "", "shili1", ""),
        ("2", "报２号 138 0000 0105", "", "0", "2026-11-21 20:15:30", "示例小孙", "", "shili2", "联系方式见主页"),
        ("3", "13800000106", "", "0", "2026-11-21 20:16:02", "示例小周", "", "shili3", ""),
        ("4", "1号和2号都行13800000107", "", "0", "2026-11-21 20:16:20", "示例小吴", "", "shili4", ""),
        ("5", "1380000010 3号下午能来吗", "", "0", "2026-11-21 20:17:00", "示例小郑", "", "shili5", ""),
        ("6", "岗位电话", "", "0", "时间", "求职者小冯", "", "shili6", ""),
        ("7", "1号线长 13800000108", "", "0", "2026-11-21 20:18:00", "示例小陈", "", "shili7", ""),
    ),
    "电话登记.xlsx": a_list(
        ("11月21日 14:05", "钱阿姨", "138-0000-0109", "替儿子问"),
        ("11月21日 15:30", "", 13800000110, "明天再打"),
        ("合计", "", "", "2人"),
        header=("来电时间", "来电人", "来电号码", "备注"),
    ),
}
