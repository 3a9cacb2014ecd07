"""Every metric there is, in both languages: what it counts, over what, in which window."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from stream_jobs.domain.events import Body, Step


class Unit(StrEnum):
    """What counts as one."""

    VISIT = "visit"
    DEVICE = "device"
    PERSON = "person"
    APPLICATION = "application"
    CARD = "card"
    OPENING = "opening"
    EMPLOYER = "employer"
    EVENT = "event"
    SECOND = "second"
    MILLISECOND = "millisecond"
    SHOW = "show"
    STATED = "stated"


UNITS = {
    Unit.VISIT: ("人次", "visit", "每打开一次页面计一次", "each page load counts once"),
    Unit.DEVICE: ("人", "viewer", "同一设备计一人", "one device counts as one viewer"),
    Unit.PERSON: ("人", "person", "同一手机号计一人", "one phone number counts as one person"),
    Unit.APPLICATION: ("份", "application", "同一人报同一岗位计一份", "one person and one job make one application"),
    Unit.CARD: ("条", "card", "一张卡片计一条", "each card counts once"),
    Unit.OPENING: ("个", "opening", "招一个人计一个", "each vacancy counts once"),
    Unit.EMPLOYER: ("家", "employer", "一家企业计一家", "each employer counts once"),
    Unit.EVENT: ("次", "event", "发生一次计一次", "each occurrence counts once"),
    Unit.SECOND: ("秒", "second", "按秒累计", "added up in seconds"),
    Unit.MILLISECOND: ("毫秒", "millisecond", "按毫秒累计", "added up in milliseconds"),
    Unit.SHOW: ("场", "show", "开播一次计一场", "each show that was started counts once"),
    Unit.STATED: ("平台口径", "as stated", "按平台自己的算法计", "counted in the platform's own way"),
}


class Window(StrEnum):
    """From when to when."""

    PUBLISHED = "published"
    ON_AIR = "on_air"
    TRAY = "tray"
    FOLLOW_UP = "follow_up"
    WEEK_AFTER = "week_after"
    NOW = "now"


WINDOWS = {
    Window.PUBLISHED: (
        "从发布到数据截至时，含开播前和结束后",
        "from publication until the figures' time, before and after the show too",
    ),
    Window.ON_AIR: ("从开播到结束（直播中到现在）", "from start to end of the show, or until now while it is live"),
    Window.TRAY: ("数据截至时的岗位清单", "the tray as it is at the figures' time"),
    Window.FOLLOW_UP: ("从第一份报名到数据截至时", "from the first application until the figures' time"),
    Window.NOW: ("数据截至的那一刻", "the very moment of the figures"),
    Window.WEEK_AFTER: ("从结束到结束后7天", "from the end of the show until seven days after it"),
}


class ShownAs(StrEnum):
    """How a figure is told: a number (an average to one decimal), a share in percent, or a length of time."""

    NUMBER = "number"
    PERCENT = "percent"
    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"


_LENGTHS = {Unit.SECOND: ShownAs.SECONDS, Unit.MILLISECOND: ShownAs.MILLISECONDS}


class Ratio(Body):
    """A rate with both its terms; per 1000 where it is told per thousand. Never rounded before it is shown."""

    numerator: int
    denominator: int
    per: int = 1

    @property
    def value(self) -> Fraction | None:
        """None when there was nothing to divide by."""
        return Fraction(self.numerator * self.per, self.denominator) if self.denominator else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure's name and meaning; a rate names the two metrics it is made of."""

    key: str
    zh: str
    en: str
    window: Window
    zh_meaning: str
    en_meaning: str
    unit: Unit | None = None
    numerator: str | None = None
    denominator: str | None = None
    per: int = 1
    # The version of this product that counted it first: shows before have it only where it could be counted afterwards.
    since: str = "0.1"

    @property
    def is_rate(self) -> bool:
        return self.numerator is not None

    @property
    def shown_as(self) -> ShownAs:
        """A length divided by a length is a number, by anything else a length."""
        if self.numerator is None or self.denominator is None:
            return _shown(self.unit)
        above, below = (_shown(METRICS[term].unit) for term in (self.numerator, self.denominator))
        if above is ShownAs.NUMBER:
            return ShownAs.NUMBER if self.per != 1 else ShownAs.PERCENT
        return above if below is ShownAs.NUMBER else ShownAs.NUMBER

    def ratio(self, numerator: int, denominator: int) -> Ratio:
        return Ratio(numerator=numerator, denominator=denominator, per=self.per)

    def name(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh

    def term(self, lang: str) -> str:
        """What it is called inside a rate."""
        zh, en = TERMS.get(self.key, (self.zh, self.en))
        return en if lang == "en" else zh

    def definition(self, lang: str) -> str:
        """One sentence: the terms of a rate, what is meant, what counts as one, and the window."""
        zh = lang != "en"
        meaning = self.zh_meaning if zh else self.en_meaning
        window = WINDOWS[self.window][0 if zh else 1]
        one = UNITS[self.unit][2 if zh else 3] if self.unit else None
        terms = self._terms(zh)
        if zh:
            return "".join(f"{part}。" for part in (terms, meaning, one, f"统计范围：{window}") if part)
        return " ".join(f"{part[0].upper()}{part[1:]}." for part in (terms, meaning, one, f"Window: {window}") if part)

    def _terms(self, zh: bool) -> str | None:
        if self.numerator is None or self.denominator is None:
            return None
        above, below = (METRICS[key].term("zh-CN" if zh else "en") for key in (self.numerator, self.denominator))
        times = f" × {self.per:,}" if self.per != 1 else ""
        return f"{self.zh if zh else self.en} = {above} ÷ {below}{times}"


def _shown(unit: Unit | None) -> ShownAs:
    return _LENGTHS.get(unit, ShownAs.NUMBER) if unit else ShownAs.NUMBER


def _count(key: str, unit: Unit, window: Window, zh: str, en: str, zh_meaning: str, en_meaning: str) -> Metric:
    return Metric(key=key, unit=unit, window=window, zh=zh, en=en, zh_meaning=zh_meaning, en_meaning=en_meaning)


def _rate(
    key: str,
    numerator: str,
    denominator: str,
    window: Window,
    zh: str,
    en: str,
    zh_meaning: str,
    en_meaning: str,
    per: int = 1,
) -> Metric:
    return Metric(
        key=key,
        numerator=numerator,
        denominator=denominator,
        window=window,
        zh=zh,
        en=en,
        zh_meaning=zh_meaning,
        en_meaning=en_meaning,
        per=per,
    )


_ALL = (
    # ── the show itself ───────────────────────────────────────────────────────────────────────────────────────
    _count(
        "on_air_seconds",
        Unit.SECOND,
        Window.ON_AIR,
        "播出时长",
        "Time on air",
        "从主播按下开始到结束",
        "from the host's start to the end",
    ),
    _count(
        "cards",
        Unit.CARD,
        Window.TRAY,
        "岗位条数",
        "Job cards",
        "岗位清单里的岗位卡片，不是招聘人数",
        "job cards in the tray; not the number of people wanted",
    ),
    _count(
        "openings",
        Unit.OPENING,
        Window.TRAY,
        "岗位数",
        "Openings",
        "各岗位招聘人数之和；写了范围的按上限，只写“以上”的按写的数，没写人数的不计",
        "the sum of headcounts: the upper end of a range, the number of an “at least”, nothing where none is named",
    ),
    _count(
        "unnumbered",
        Unit.CARD,
        Window.TRAY,
        "没写人数的岗位条数",
        "Job cards without a number",
        "岗位清单里没写招几个人的岗位卡片，岗位数里没有它们",
        "job cards in the tray that name no number of people wanted; openings have nothing of them",
    ),
    _count(
        "policies",
        Unit.CARD,
        Window.TRAY,
        "政策条数",
        "Policy cards",
        "岗位清单里的政策卡片",
        "policy cards in the tray",
    ),
    _count(
        "employers",
        Unit.EMPLOYER,
        Window.TRAY,
        "企业数",
        "Employers",
        "岗位清单里的不同企业",
        "distinct employers in the tray",
    ),
    _count(
        "presented",
        Unit.CARD,
        Window.ON_AIR,
        "讲解岗位条数",
        "Jobs presented",
        "推送过至少一次的岗位卡片，撤销的也算",
        "job cards pushed at least once, undone pushes included",
    ),
    _count(
        "presented_policies",
        Unit.CARD,
        Window.ON_AIR,
        "政策宣讲条数",
        "Policies presented",
        "推送过至少一次的政策卡片，撤销的也算",
        "policy cards pushed at least once, undone pushes included",
    ),
    _count(
        "presented_openings",
        Unit.OPENING,
        Window.ON_AIR,
        "讲解岗位数",
        "Openings presented",
        "推送过至少一次的岗位卡片的岗位数之和",
        "the openings of job cards pushed at least once",
    ),
    _count(
        "pushes",
        Unit.EVENT,
        Window.ON_AIR,
        "推送次数",
        "Pushes",
        "卡片上台的次数，撤销的也算",
        "how often cards went on stage, undone pushes included",
    ),
    _count(
        "shows",
        Unit.SHOW,
        Window.ON_AIR,
        "场次数",
        "Number of shows",
        "开播过的直播，彩排不计",
        "shows that were started; never a rehearsal",
    ),
    _count(
        "on_stage_seconds",
        Unit.SECOND,
        Window.ON_AIR,
        "讲了",
        "Time presented",
        "卡片在台上的时间之和，从推送到下一张、撤下或结束",
        "time on stage, from each push to the next card, its withdrawal or the end",
    ),
    _count(
        "connected",
        Unit.EVENT,
        Window.ON_AIR,
        "推送时在线",
        "Connected at pushes",
        "每次推送时连着的设备数之和",
        "devices connected at each push, summed over pushes",
    ),
    _count(
        "delivered",
        Unit.EVENT,
        Window.ON_AIR,
        "已送达",
        "Delivered",
        "每次推送时收到这张卡片的设备数之和",
        "devices the card was sent to, summed over pushes",
    ),
    _count(
        "push_impressions",
        Unit.DEVICE,
        Window.ON_AIR,
        "这次推送看到",
        "Saw this push",
        "经这次推送看到卡片的设备，推定的也算；控制台上看",
        "devices that saw the card through this push, implied ones included; told on the console",
    ),
    _count(
        "push_clicks",
        Unit.DEVICE,
        Window.ON_AIR,
        "这次推送点开",
        "Opened by this push",
        "经这次推送点开卡片的设备，推定的也算",
        "devices that opened the card through this push, implied ones included",
    ),
    _count(
        "push_applications",
        Unit.APPLICATION,
        Window.ON_AIR,
        "这次推送报名",
        "Applied by this push",
        "经这次推送收到的报名，不含代录",
        "applications received through this push, without those recorded by staff",
    ),
    # ── the audience ──────────────────────────────────────────────────────────────────────────────────────────
    _count(
        "visits",
        Unit.VISIT,
        Window.PUBLISHED,
        "到访人次",
        "Visits",
        "打开本页的次数；刷新再计一次，断线重连不计",
        "page loads; a reload counts again, a reconnect does not",
    ),
    _count(
        "visitors",
        Unit.DEVICE,
        Window.PUBLISHED,
        "到访人数",
        "Visitors",
        "打开过本页的设备",
        "devices that opened the page",
    ),
    _count(
        "new_visitors",
        Unit.DEVICE,
        Window.PUBLISHED,
        "新到访人数",
        "New visitors",
        "在这段时间里第一次打开本页的设备，各时段相加不重复",
        "devices that opened the page for the first time in this stretch of time; no device is in two of them",
    ),
    _count(
        "impressions",
        Unit.DEVICE,
        Window.PUBLISHED,
        "看到岗位",
        "Saw a job",
        "至少一张卡片露出一半以上、停留满1秒的设备",
        "devices that had at least half a card in view for one second",
    ),
    _count(
        "exposures",
        Unit.EVENT,
        Window.PUBLISHED,
        "曝光次数",
        "Card impressions",
        "一个人在一次推送里看到一张卡片（露出一半以上、停留满1秒）计一次：重新打开、开几个页面、重复报告都不再计；"
        "同一张卡片再次推送又看到，再计一次；推定看到的不计；归最先带来这台设备的渠道",
        "one viewer seeing one card of one push, half of it for a second, counts once, whatever is loaded again, told "
        "again or open in other tabs; pushed and seen again, it counts again; never implied; under the channel that "
        "brought the device",
    ),
    _count(
        "clicks",
        Unit.DEVICE,
        Window.PUBLISHED,
        "点开岗位",
        "Opened a job",
        "点开过岗位详情的设备",
        "devices that opened a card's details",
    ),
    _count(
        "apply_starts",
        Unit.DEVICE,
        Window.PUBLISHED,
        "开始填写",
        "Began the form",
        "打开过报名表的设备",
        "devices that opened the apply form",
    ),
    _count(
        "appliers",
        Unit.DEVICE,
        Window.PUBLISHED,
        "报名成功",
        "Applied",
        "报名成功过的设备；一台设备可以替几个人报名，代录不经过设备，都不在这一步里重复或增加",
        "devices that applied; one device may apply for several "
        "people, and applications recorded by staff have no device",
    ),
    _count(
        "implied",
        Unit.DEVICE,
        Window.PUBLISHED,
        "推定",
        "Implied",
        "没有收到这一步、但做了后面一步的设备，已计入这一步，单独列出",
        "devices counted in a step only because they took a later one; included, and told apart",
    ),
    _count(
        "calls",
        Unit.EVENT,
        Window.PUBLISHED,
        "打电话",
        "Calls",
        "在页面上点打电话的次数，不算报名",
        "taps on the telephone button; never an application",
    ),
    _count(
        "watched",
        Unit.DEVICE,
        Window.ON_AIR,
        "观看人数",
        "Watched",
        "直播时连着过的设备",
        "devices connected at any moment of the show",
    ),
    _count(
        "effective_views",
        Unit.VISIT,
        Window.ON_AIR,
        "有效观看人次",
        "Effective views",
        "直播时连着满10秒的到访；同一次到访断线重连的时间合计；10秒可以在服务器上另设",
        "visits connected on air for ten seconds in all, reconnects added up; the server may be set to another length",
    ),
    _count(
        "watch_ms",
        Unit.MILLISECOND,
        Window.ON_AIR,
        "观看总时长",
        "Watch time",
        "各设备连着的时间之和；同一设备同时开几页只算一份",
        "connected time of all devices; several tabs of one device count once",
    ),
    _count(
        "on_air_ms",
        Unit.MILLISECOND,
        Window.ON_AIR,
        "播出时长（毫秒）",
        "Time on air in milliseconds",
        "从开始到结束，用于计算平均在看",
        "from start to end, for the average",
    ),
    _count(
        "watching",
        Unit.DEVICE,
        Window.NOW,
        "此刻在看",
        "Watching now",
        "数据截至时连着的设备；不在直播时为0；几个服务进程时，同时连着两个进程的设备计两次",
        "devices connected at the figures' time; 0 off air; one connected to two workers at once counts twice",
    ),
    _count(
        "peak",
        Unit.DEVICE,
        Window.ON_AIR,
        "最高同时在看",
        "Most at once",
        "同一时刻连着的设备数的最大值",
        "the highest number of devices connected at one moment",
    ),
    # ── applications ──────────────────────────────────────────────────────────────────────────────────────────
    _count(
        "applications",
        Unit.APPLICATION,
        Window.PUBLISHED,
        "报名份数",
        "Applications",
        "收到的报名，含代录和后来撤回的；撤回后再报仍是同一份",
        "applications received, recorded by staff or later "
        "withdrawn included; applying again after withdrawing is the same one",
    ),
    _count(
        "applications_in_live",
        Unit.APPLICATION,
        Window.ON_AIR,
        "直播中报名份数",
        "Applications during the show",
        "开播到结束之间收到的报名",
        "applications received from the start to the end of the show",
    ),
    _count(
        "applications_within_7_days",
        Unit.APPLICATION,
        Window.WEEK_AFTER,
        "结束后7天内报名份数",
        "Applications within 7 days after",
        "结束后7天内收到的报名，直播中的不计",
        "applications received within seven days after the end; those during the show are not among them",
    ),
    _count("applicants", Unit.PERSON, Window.PUBLISHED, "报名人数", "Applicants", "报了名的人", "people who applied"),
    _count(
        "recorded",
        Unit.APPLICATION,
        Window.PUBLISHED,
        "代录份数",
        "Recorded by staff",
        "工作人员替人登记的报名，已含在报名份数里",
        "applications staff recorded for someone; included in applications",
    ),
    _count(
        "scans",
        Unit.EVENT,
        Window.PUBLISHED,
        "打开链接次数",
        "Times the link was opened",
        "这个渠道的二维码被扫、链接被点开的次数，服务器每给一次页面计一次，刷新也算；自称是程序的（搜索引擎、链接预览）不算；"
        "渠道停用后最多再算一分钟。这个数出现之前办的场次没有它。页面打开并连上才是一次到访",
        "how often the server gave out the page of this channel's link, by scan or tap, reloads included; not to what "
        "says that it is a program (search engines, previews), nor later than a minute after the channel was stopped; "
        "none for shows held before this was counted; a page that connects is a visit",
    ),
    _count(
        "last_applications",
        Unit.APPLICATION,
        Window.PUBLISHED,
        "最后经此报名份数",
        "Applications last through it",
        "报名时用的是这个渠道的链接，不论最初从哪个渠道来；没有链接的归在未归因里",
        "applications made through this channel's link, whichever came first; those with no link are under none",
    ),
    _count(
        "to_hand_over",
        Unit.APPLICATION,
        Window.NOW,
        "可移交份数",
        "Applications to hand over",
        "这家企业没有撤回的报名，现在生成名单会有这么多",
        "this employer's applications not withdrawn, which a list made now would hold",
    ),
    _count(
        "people_to_hand_over",
        Unit.PERSON,
        Window.NOW,
        "可移交人数",
        "People to hand over",
        "这家企业没有撤回的报名里的人",
        "the people of this employer's applications not withdrawn",
    ),
    _count(
        "since_hand_over",
        Unit.APPLICATION,
        Window.NOW,
        "上次移交后新增份数",
        "Applications since the last list",
        "上次移交这家企业的名单以后收到、没有撤回的报名；没移交过的全算",
        "this employer's applications not withdrawn, received since its last list was handed over; all where none was",
    ),
    _count(
        "withdrawn",
        Unit.APPLICATION,
        Window.PUBLISHED,
        "撤回份数",
        "Withdrawn",
        "现在处于撤回状态的报名，仍含在报名份数里",
        "applications withdrawn as of now; still included in applications",
    ),
    _count(
        "valid",
        Unit.PERSON,
        Window.FOLLOW_UP,
        "有效报名人数",
        "Valid applicants",
        "至少一份报名被标为有效、已联系或其后任一步的人",
        "people with an application marked valid, contacted or further",
    ),
    _count(
        "contacted",
        Unit.PERSON,
        Window.FOLLOW_UP,
        "已联系",
        "Contacted",
        "至少一份报名被标为已联系、约面试、未到、录用或入职的人",
        "people with an application marked contacted, interview, no show, offered or started",
    ),
    _count(
        "interview",
        Unit.PERSON,
        Window.FOLLOW_UP,
        "约面试",
        "Invited to interview",
        "至少一份报名被标为约面试、未到、录用或入职的人",
        "people with an application marked interview, no show, offered or started",
    ),
    _count(
        "offered",
        Unit.PERSON,
        Window.FOLLOW_UP,
        "已录用",
        "Offered",
        "至少一份报名被标为录用或入职的人",
        "people with an application marked offered or started",
    ),
    _count(
        "hired",
        Unit.PERSON,
        Window.FOLLOW_UP,
        "入职",
        "Started work",
        "至少一份报名被标为入职的人",
        "people with an application marked started",
    ),
    _count(
        "retained_7d",
        Unit.PERSON,
        Window.FOLLOW_UP,
        "在岗满7天",
        "Stayed 7 days",
        "至少一份报名被标为在岗7天或在岗30天的人",
        "people with an application marked as seven or thirty days on the job",
    ),
    _count(
        "retained_30d",
        Unit.PERSON,
        Window.FOLLOW_UP,
        "在岗满30天",
        "Stayed 30 days",
        "至少一份报名被标为在岗30天的人",
        "people with an application marked as thirty days on the job",
    ),
    _count(
        "waiting",
        Unit.PERSON,
        Window.FOLLOW_UP,
        "还没人联系",
        "Not contacted",
        "报名没有撤回、没有被标为不合适，也没有一份被联系的人",
        "people with an open application none of whose applications was followed up",
    ),
    _count(
        "apply_seconds_median",
        Unit.SECOND,
        Window.PUBLISHED,
        "报名用时（中位数）",
        "Time to apply (median)",
        "从设备第一次打开本页到提交报名，代录不计；一半的报名不超过这么久",
        "from first visit to applying, without those recorded by staff; half of the applications took no longer",
    ),
    _count(
        "apply_seconds_p90",
        Unit.SECOND,
        Window.PUBLISHED,
        "报名用时（九成）",
        "Time to apply (90th percentile)",
        "从设备第一次打开本页到提交报名，代录不计；九成的报名不超过这么久",
        "from first visit to applying, without those recorded by staff; nine in ten applications took no longer",
    ),
    _count(
        "contact_seconds_median",
        Unit.SECOND,
        Window.FOLLOW_UP,
        "联系用时（中位数）",
        "Time to contact (median)",
        "从报名到第一次被标为已联系或其后任一步，撤销的不算；一半的报名不超过这么久",
        "from applying to the first standing mark of contact or later; half of the applications took no longer",
    ),
    _count(
        "contact_seconds_p90",
        Unit.SECOND,
        Window.FOLLOW_UP,
        "联系用时（九成）",
        "Time to contact (90th percentile)",
        "从报名到第一次被标为已联系或其后任一步，撤销的不算；九成的报名不超过这么久",
        "from applying to the first standing mark of contact or later; nine in ten applications took no longer",
    ),
    _count(
        "hire_seconds_median",
        Unit.SECOND,
        Window.FOLLOW_UP,
        "入职用时（中位数）",
        "Time to start (median)",
        "从报名到第一次被标为入职，撤销的不算；一半的报名不超过这么久",
        "from applying to the first standing mark of having started; half of the applications took no longer",
    ),
    _count(
        "hire_seconds_p90",
        Unit.SECOND,
        Window.FOLLOW_UP,
        "入职用时（九成）",
        "Time to start (90th percentile)",
        "从报名到第一次被标为入职，撤销的不算；九成的报名不超过这么久",
        "from applying to the first standing mark of having started; nine in ten applications took no longer",
    ),
    # ── what is not counted, or not ours ──────────────────────────────────────────────────────────────────────
    _count(
        "late",
        Unit.EVENT,
        Window.PUBLISHED,
        "迟到的操作",
        "Late events",
        "直播时发生、结束后24小时内才收到的操作，当时人在页面上，已计入",
        "what happened during the show and arrived within 24 hours after it, from pages that were there then; counted",
    ),
    _count(
        "forged_links",
        Unit.VISIT,
        Window.PUBLISHED,
        "伪造链接",
        "Forged links",
        "打开的渠道链接不是本系统为这场签发的、被改动或截短过，或者渠道已停用；只要还认得出是哪一场，就照常打开直播，"
        "计入到访，不归任何渠道",
        "page loads by a channel's link that we did not sign for this show, that was altered or cut, or whose channel "
        "was stopped; the show opens while the link still names it, and the visit counts, under no channel",
    ),
    _count(
        "fraud",
        Unit.EVENT,
        Window.PUBLISHED,
        "不可信的操作",
        "Not believed",
        "不可能发生的操作，直播时和结束后一样判断，不计入任何数字：页面没连上过（没到访），没有这张卡或这次推送，时间不对，"
        "页面断开后没再连上也没有重新打开、还在报告（当时不在线），结束24小时后才收到（太迟）",
        "events that cannot be true, judged alike during the show and after it, in no figure: of a page that never "
        "connected (no visit), of no such card or push, at a wrong time, after a page's line had gone and neither it "
        "nor a later page load of the device connected again (not connected then), or over 24 hours late (too late)",
    ),
    *(
        _count(
            f"platform_{metric}",
            Unit.STATED,
            Window.ON_AIR,
            f"平台{zh}（平台填报）",
            f"Platform {en} (as stated)",
            f"{told}，从平台后台抄录或由平台的文件读出，由填报人负责，不与本页数字相加",
            f"{said}; typed in from its page or read from its file by the person named; never added to ours",
        )
        for metric, zh, en, told, said in (
            ("views", "观看人次", "views", "平台说的观看次数", "how often the platform says it was watched"),
            (
                "viewers",
                "观看人数",
                "viewers",
                "平台说的观看的人",
                "by how many accounts the platform says it was watched",
            ),
            ("peak", "最高在线", "peak", "平台说的同时在看的最高数", "the most at once by the platform"),
            ("likes", "点赞", "likes", "平台说的点赞次数", "likes by the platform"),
            ("comments", "评论", "comments", "平台说的评论条数", "comments by the platform"),
            ("shares", "分享", "shares", "平台说的分享次数", "how often the platform says it was shared"),
            (
                "new_followers",
                "新增关注",
                "new followers",
                "平台说的新关注的账号",
                "accounts that newly follow by the platform",
            ),
            ("leads", "留资", "leads", "平台表单里留下联系方式的", "who left a contact in the platform's own form"),
        )
    ),
    # ── rates ─────────────────────────────────────────────────────────────────────────────────────────────────
    _rate(
        "impression_rate",
        "impressions",
        "visitors",
        Window.PUBLISHED,
        "看到率",
        "Seen rate",
        "到访的人里看到岗位的",
        "of those who visited, those who saw a job",
    ),
    _rate(
        "click_rate",
        "clicks",
        "impressions",
        Window.PUBLISHED,
        "点开率",
        "Open rate",
        "看到的人里点开的",
        "of those who saw it, those who opened it",
    ),
    _rate(
        "start_rate",
        "apply_starts",
        "clicks",
        Window.PUBLISHED,
        "填写率",
        "Form rate",
        "点开的人里开始填写的",
        "of those who opened it, those who began the form",
    ),
    _rate(
        "finish_rate",
        "appliers",
        "apply_starts",
        Window.PUBLISHED,
        "完成率",
        "Completion rate",
        "开始填写的人里报名成功的",
        "of those who began the form, those who applied",
    ),
    _rate(
        "apply_rate",
        "appliers",
        "clicks",
        Window.PUBLISHED,
        "报名率",
        "Apply rate",
        "点开的人里报名成功的",
        "of those who opened it, those who applied",
    ),
    _rate(
        "seen_apply_rate",
        "appliers",
        "impressions",
        Window.PUBLISHED,
        "看到后报名率",
        "Applied of those who saw",
        "看到的人里报名成功的；同系列各场的岗位按它比较，看到的人不足20的不比",
        "of those who saw it, those who applied; jobs are compared by it over a series, from 20 viewers on",
    ),
    _rate(
        "click_share",
        "clicks",
        "visitors",
        Window.PUBLISHED,
        "点开占到访",
        "Opened of visitors",
        "到访的人里点开岗位的",
        "of those who visited, those who opened a job",
    ),
    _rate(
        "start_share",
        "apply_starts",
        "visitors",
        Window.PUBLISHED,
        "填写占到访",
        "Began of visitors",
        "到访的人里开始填写的",
        "of those who visited, those who began the form",
    ),
    _rate(
        "apply_share",
        "appliers",
        "visitors",
        Window.PUBLISHED,
        "报名占到访",
        "Applied of visitors",
        "到访的人里报名成功的",
        "of those who visited, those who applied",
    ),
    _rate(
        "applications_per_thousand",
        "applications",
        "visits",
        Window.PUBLISHED,
        "每千人次报名",
        "Applications per 1,000 visits",
        "每一千次到访收到的报名份数",
        "applications received for each thousand visits",
        per=1000,
    ),
    _rate(
        "valid_rate",
        "valid",
        "applicants",
        Window.FOLLOW_UP,
        "有效率",
        "Valid rate",
        "报名的人里有效的",
        "of those who applied, those found valid",
    ),
    _rate(
        "contacted_rate",
        "contacted",
        "applicants",
        Window.FOLLOW_UP,
        "联系率",
        "Contact rate",
        "报名的人里已联系的",
        "of those who applied, those contacted",
    ),
    _rate(
        "interview_rate",
        "interview",
        "applicants",
        Window.FOLLOW_UP,
        "约面率",
        "Interview rate",
        "报名的人里约了面试的",
        "of those who applied, those invited to an interview",
    ),
    _rate(
        "offered_rate",
        "offered",
        "applicants",
        Window.FOLLOW_UP,
        "录用率",
        "Offer rate",
        "报名的人里录用的",
        "of those who applied, those offered the job",
    ),
    _rate(
        "hired_rate",
        "hired",
        "applicants",
        Window.FOLLOW_UP,
        "入职率",
        "Start rate",
        "报名的人里入职的",
        "of those who applied, those who started work",
    ),
    _rate(
        "hired_of_interviewed",
        "hired",
        "interview",
        Window.FOLLOW_UP,
        "面试后入职率",
        "Started after an interview",
        "约了面试的人里入职的；与入职率的分母不同",
        "of those invited to an interview, those who started work; not the start rate, which is of all who applied",
    ),
    _rate(
        "retained_7d_rate",
        "retained_7d",
        "hired",
        Window.FOLLOW_UP,
        "7天留存率",
        "7-day retention",
        "入职的人里在岗满7天的",
        "of those who started work, those who stayed seven days",
    ),
    _rate(
        "retained_30d_rate",
        "retained_30d",
        "hired",
        Window.FOLLOW_UP,
        "30天留存率",
        "30-day retention",
        "入职的人里在岗满30天的",
        "of those who started work, those who stayed thirty days",
    ),
    _rate(
        "delivered_rate",
        "delivered",
        "connected",
        Window.ON_AIR,
        "送达率",
        "Delivery rate",
        "推送时在线的设备里收到的",
        "of the devices connected at a push, those the card was sent to",
    ),
    _rate(
        "average_watching",
        "watch_ms",
        "on_air_ms",
        Window.ON_AIR,
        "平均同时在看",
        "Average at once",
        "按时间加权的平均在看人数",
        "the time-weighted average of devices connected",
    ),
    _rate(
        "average_watch_ms",
        "watch_ms",
        "watched",
        Window.ON_AIR,
        "人均观看时长",
        "Watch time per viewer",
        "平均每台设备看了多久；文件里以毫秒计",
        "how long a device watched on average; in milliseconds in files",
    ),
)

METRICS = {metric.key: metric for metric in _ALL}

# How a count is called inside a rate: 点开率 = 点开的人 ÷ 看到的人.
TERMS = {
    "visitors": ("到访的人", "those who visited"),
    "impressions": ("看到的人", "those who saw it"),
    "clicks": ("点开的人", "those who opened it"),
    "apply_starts": ("开始填写的人", "those who began the form"),
    "appliers": ("报名成功的人", "those who applied"),
    "applicants": ("报名的人", "those who applied"),
    "valid": ("有效报名的人", "those found valid"),
    "contacted": ("已联系的人", "those contacted"),
    "interview": ("约了面试的人", "those invited to an interview"),
    "offered": ("录用的人", "those offered the job"),
    "hired": ("入职的人", "those who started work"),
    "retained_7d": ("在岗满7天的人", "those who stayed seven days"),
    "retained_30d": ("在岗满30天的人", "those who stayed thirty days"),
}

# The funnel's steps in order: the bit of reach, the metric, its rate over the step before and over the first.
FUNNEL = (
    (Step.VISIT, "visitors", None, None),
    (Step.IMPRESSION, "impressions", "impression_rate", "impression_rate"),
    (Step.CLICK, "clicks", "click_rate", "click_share"),
    (Step.APPLY_START, "apply_starts", "start_rate", "start_share"),
    (Step.APPLICATION, "appliers", "finish_rate", "apply_share"),
)

# Told of each step, channel, employer, stretch of time or push: of a whole show there is no such one figure.
OF_LINES = frozenset(
    {
        *(
            "implied",
            "scans",
            "new_visitors",
            "last_applications",
            "to_hand_over",
            "people_to_hand_over",
            "since_hand_over",
        ),
        *("push_impressions", "push_clicks", "push_applications"),
    }
)

# Outcomes of fewer people than this are not shown, where nothing else is set: who they are could be guessed.
SMALL_GROUP = 5


def every_metric() -> tuple[Metric, ...]:
    return _ALL
