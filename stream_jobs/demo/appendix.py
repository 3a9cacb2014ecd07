"""What the demo presents: an invented organisation, employers, jobs and policies; place names only locate."""

from dataclasses import dataclass

ORGANISATION = "示例县人力资源和社会保障局"
SERVICE_PHONE = "0000-1200000"
PRIVACY_NOTICE = (
    "本页只收集您填写的手机号和称呼，只交给您所报岗位的企业，用来联系您应聘这个岗位。保存一年，可以随时撤回或者要求删除。"
    "演示内容：单位、企业、人员和电话均为虚构。"
)
SERIES = "示例·就业暖心季"
SOURCE = "示例县公共就业服务中心采集（演示内容）"
CALLS_WITHIN = "1–3个工作日"


@dataclass(frozen=True, slots=True)
class DemoJob:
    """A job under its number, in the words of its employer; None is what nobody wrote down."""

    number: int
    title: str
    employer: str
    pay: str
    shift: str | None
    rest: str | None
    meals: str | None
    dorm: str | None
    workplace: str
    headcount: int
    age: str | None
    education: str | None
    requirements: str | None
    expired: bool


# number | job | employer | pay as written | shift | rest | meals | dorm | place | headcount
_JOBS = """
1|电子厂普工（长白班）|星河电子|5500-7000元/月，底薪2500|长白班|上六休一|包三餐|免费4人间，有夫妻房|东莞长安|60
2|电子厂普工（两班倒）|星河电子|6000～7500/月|两班倒，每月一换|月休4天|餐补15元/天|免费6人间|东莞长安|120
3|注塑操作工|恒顺注塑|24元/小时，综合6000-6900|两班倒，半月一换|上六休一|包两餐|4人间，水电平摊|东莞塘厦|40
4|品检员|恒顺注塑|5000—6500|长白班|单休|包两餐|6人间|东莞塘厦|15
5|空调装配工|蓝湾家电|5.8千-7.2千|两班倒|上六休一|包三餐|4人间，有夫妻房|珠海斗门|80
6|叉车司机（N1证）|蓝湾家电|7000-8500元/月|长白班|单休|包三餐|4人间|珠海斗门|10
7|夜班分拣员|远山物流|200元/天，日结|20:00–5:00|做六休一|夜宵|不提供|广州白云|50
8|货车司机（C1/B2）|远山物流|8000以上|白班|月休4天|餐补|免费4人间|广州白云|12
9|住家育儿嫂|安居家政|7000-10000|住家|月休4天|包吃|住家|广州天河|20
10|日间保洁|安居家政|25元/小时|每天4小时起|双休|没写明|没写明|广州天河|15
11|缝纫工|晨光制衣|计件，月入4000-6000|长白班|月休4天|午餐|不提供|示例县城关镇|30
12|裁床学徒|晨光制衣|2800-3500（学徒期3个月）|长白班|月休4天|午餐|不提供|示例县城关镇|6
13|食品包装工|青禾食品|4,000-5,000|两班倒|月休4天|包三餐|8人间|示例县工业园|35
14|质检员（应届可）|青禾食品|4500-5500·13薪|长白班|双休|午餐|可申请|示例县工业园|4
15|保安|金盾保安|4500元/月|三班倒|月休4天|包吃|6人间|东莞南城|25
16|餐厅服务员|味之家餐饮|4200-5200+提成|10:00–22:00，中休2小时|月休4天|包三餐|6人间|珠海香洲|18
17|中餐厨师|味之家餐饮|面议|没写明|月休4天|包三餐|4人间|珠海香洲|3
18|软件测试工程师|云桥软件|8千-1.2万·13薪|9:00–18:00|双休|餐补|没写明|广州黄埔|5
19|Java开发（校招）|云桥软件|12-18万/年|9:00–18:00|双休|餐补|人才公寓可申请|广州黄埔|8
20|数控技工|精工数控|7000-9500|两班倒|上六休一|包两餐|4人间，有夫妻房|东莞松山湖|20
21|养老护理员|康颐养老|5500-7500|三班倒|月休6天|包三餐|4人间|广州番禺|16
22|线束加工（可居家）|巧手工坊|0.35元/根|时间自由|自由|无|不提供|示例县古桥村|40
23|外卖配送员|快达配送|7元/单起，月入6000-9000|自排班|自排|无|代找合租|广州海珠|30
24|钢筋工|筑城建工|350-420元/天|白班|按工期|包吃|工地宿舍|珠海金湾|24
"""
# They show what the guards are for: neither can be pushed.
_BLOCKED = """
25|前台文员|云桥软件|4500-5500元/月|9:00–18:00|双休|餐补|不提供|广州黄埔|1
26|搬运工|远山物流|220元/天，日结|白班|做六休一|餐补|不提供|广州白云|10
"""
_UNWRITTEN = "没写明"
_WITHOUT_AGE = frozenset({3, 10, 17, 18})
_EDUCATION = {3: None, 10: None, 14: "大专", 18: "本科", 19: "本科"}
_REQUIREMENTS = {6: "持有效的N1证", 8: "持C1或者B2驾驶证", 25: "限女性，18-35岁"}
_EXPIRED = 26


def _read(table: str) -> tuple[DemoJob, ...]:
    return tuple(_job(*line.split("|")) for line in table.strip().splitlines())


def _job(number: str, title: str, employer: str, pay: str, *facts: str) -> DemoJob:
    nth = int(number)
    shift, rest, meals, dorm, workplace, headcount = (None if fact == _UNWRITTEN else fact for fact in facts)
    return DemoJob(
        number=nth,
        title=title,
        employer=employer,
        pay=pay,
        shift=shift,
        rest=rest,
        meals=meals,
        dorm=dorm,
        workplace=workplace or "",
        headcount=int(headcount or 0),
        age=None if nth in _WITHOUT_AGE else "满18周岁",
        education=_EDUCATION.get(nth, "学历不限"),
        requirements=_REQUIREMENTS.get(nth),
        expired=nth == _EXPIRED,
    )


JOBS = _read(_JOBS)
BLOCKED_JOBS = _read(_BLOCKED)
EMPLOYERS = tuple(dict.fromkeys(job.employer for job in JOBS))


def shown(employer: str) -> str:
    """As it is on cards."""
    return f"示例·{employer}"


def telephone(employer: str) -> str:
    """Invented: ends with the number of the employer's first job."""
    first = next(job.number for job in JOBS if job.employer == employer)
    return f"0000-1{first:06}"


@dataclass(frozen=True, slots=True)
class DemoPolicy:
    title: str
    who: str
    how_much: str
    how_to_claim: str


POLICIES = (
    DemoPolicy(
        "外出务工交通补助", "跨省务工满3个月的脱贫劳动力", "每年最高500元，凭票", "村级服务站或线上申请（演示内容）"
    ),
    DemoPolicy("毕业生求职补贴", "毕业年度困难家庭毕业生", "一次性1,500元", "学校就业办集中申请（演示内容）"),
    DemoPolicy(
        "技能培训补贴",
        "取得技能等级证书的劳动者",
        "初级1,000元，中级1,500元",
        "取证后12个月内申请（演示内容）",
    ),
)

# What the host may say, by number.
POINTS = {
    1: "全部坐班操作，不用看显微镜；夫妻房先到先排。",
    2: "两班倒每月一换；餐补打到工资卡里，不扣餐费。",
    3: "就业中心专车周一发车，到厂当天安排住宿；水电平摊，一个人一个月大约40元。",
    4: "视力好、坐得住就行，师傅带一周。",
    5: "旺季到明年二月，做满三个月可以转长期工。",
    6: "一定要有N1证，面试带原件。",
    12: "学徒期三个月，有师傅带；有人问工资，说清楚学徒期满转计件。",
}
NOTE = "说一下周一有专车"

ANSWERED_NUMBER = 12
ANSWER = "学徒期满转计件"
FULL_NUMBER = 6
