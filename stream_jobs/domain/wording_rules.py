"""Wording in job advertisements that the law forbids or that deserves a look: patterns, severity, legal basis."""

from typing import NamedTuple


class Rule(NamedTuple):
    """One kind of wording; a hit is dropped where excluded matches in the same clause."""

    id: str
    category: str
    severity: str
    pattern: str
    excluded: str
    reason: str
    reason_en: str
    legal_basis: str


RULES: tuple[Rule, ...] = (
    Rule(
        id="gender_male_only",
        category="sex",
        severity="block",
        pattern=(
            r"(?:限|仅限|只招|只要|仅招)男|男性优先|男士优先|性别(?:要求)?[:：]\s*男|要求男性|^男性|(?<!["
            r"女与及和、/\d])男性?[,，]\s*(?:年龄)?\d{2}"
        ),
        excluded="男女不限|男女均可",
        reason="招录中限定男性或男性优先",
        reason_en="Takes or prefers men only",
        legal_basis=(
            "妇女权益保障法(2022)第43条(一)限定为男性或者规定男性优先；就业促进法第3、27条；劳动法第12、1"
            "3条；人力资源市场暂行条例第24条"
        ),
    ),
    Rule(
        id="gender_female_only",
        category="sex",
        severity="block",
        pattern=(
            r"(?:限|仅限|只招|只要|仅招)女|女性优先|女士优先|性别(?:要求)?[:：]\s*女|要求女性|(?<![男与及"
            r"和、/\d])女性?[,，]\s*(?:年龄)?\d{2}"
        ),
        excluded="男女不限|男女均可",
        reason="招聘信息不得含性别歧视内容（含对男性）",
        reason_en="Takes or prefers women only",
        legal_basis="人力资源市场暂行条例第24条；就业促进法第3、26条；劳动法第12条",
    ),
    Rule(
        id="female_marital",
        category="sex",
        severity="block",
        pattern=(
            "已婚已育|未婚(?:未育)?(?:优先|女)|已婚(?:优先|女)|未育|婚育状况|(?:已|未)婚者?优先|结婚生育|"
            "不得怀孕|孕检|妊娠测试"
        ),
        excluded="结婚(?:礼金|贺金|贺礼|福利)|生日、结婚|结婚/生育福利",
        reason="以婚育状况为录用条件/询问婚育/孕检",
        reason_en="Asks about marriage, children or pregnancy",
        legal_basis=(
            "妇女权益保障法(2022)第43条(二)(三)(四)；就业促进法第27条第3款；河南省实施办法（不得以婚育状况拒录）"
        ),
    ),
    Rule(
        id="age_limit",
        category="age",
        severity="warn",
        pattern=(
            r"\d{2}\s*[-—~～至到－]\s*\d{2}\s*(?:周)?岁|\d{2}\s*(?:周)?岁(?:以下|以内)|年龄\s*[:：]?\s*\d{"
            "2}"
        ),
        excluded="",
        reason=("年龄上限。国家层面法律列举的歧视事由未写明年龄，部分地方立法写明；建议提示而不拦截，由地方配置"),
        reason_en="Upper age limit; some provinces forbid it",
        legal_basis=(
            "就业促进法第3、26条（“等不同”未列年龄）；上海市促进就业若干规定（不得以性别、年龄等为由拒绝录用）"
        ),
    ),
    Rule(
        id="age_35",
        category="age",
        severity="warn",
        pattern=r"35\s*(?:周)?岁(?:以下|以内)|[-—~～至到－]35\s*(?:周)?岁",
        excluded="",
        reason="“35岁门槛”",
        reason_en="The “35 years” threshold",
        legal_basis=(
            "就业促进法第3、26条（“等不同”未列年龄）；上海市促进就业若干规定（不得以性别、年龄等为由拒绝录用）"
        ),
    ),
    Rule(
        id="child_labour",
        category="minor",
        severity="block",
        pattern=(
            r"(?<!\d)1[0-5]\s*(?:[-—~～至到－]\s*\d{2}\s*)?(?:周)?岁|十[二三四五]周?岁|童工|初中(?:在读|在"
            "校)"
        ),
        excluded="",
        reason="招用未满16周岁",
        reason_en="Employs children under 16",
        legal_basis="劳动法第15条；禁止使用童工规定第2、4条；未成年人保护法第61条",
    ),
    Rule(
        id="minor_worker_hazard",
        category="minor",
        severity="warn",
        pattern=r"(?<!\d)1[67]\s*(?:周)?岁",
        excluded="",
        reason="已满16未满18：不得过重、有毒有害、矿山井下等；不适宜场所不得招用",
        reason_en="Ages 16 and 17: no heavy, toxic or underground work",
        legal_basis="未成年人保护法第61条；劳动法第64条",
    ),
    Rule(
        id="height",
        category="appearance",
        severity="warn",
        pattern="身高",
        excluded="",
        reason="身高要求；国家层面法律未列举，可能构成与岗位无关的就业歧视",
        reason_en="Asks for a height",
        legal_basis="就业促进法第26条（不得实施就业歧视）",
    ),
    Rule(
        id="looks",
        category="appearance",
        severity="warn",
        pattern="五官端正|相貌|容貌|形象气质|形象佳|形象好|外形好|颜值|漂亮|苗条",
        excluded="企业形象|品牌形象|公司形象|自身的形象",
        reason="相貌要求与岗位无关",
        reason_en="Asks for looks that the work does not need",
        legal_basis="就业促进法第26条",
    ),
    Rule(
        id="tattoo",
        category="appearance",
        severity="notice",
        pattern="纹身",
        excluded="",
        reason="身体外观限制，需岗位理由",
        reason_en="Rules on appearance need a reason in the work",
        legal_basis="就业促进法第26条",
    ),
    Rule(
        id="hukou",
        category="origin",
        severity="block",
        pattern=(
            "(?:本地|本市|本县|本省|城镇|农业|外省市?|上海|北京)户(?:口|籍)(?:优先|者|限|的)?|限本地|本地"
            "人(?:优先)?|户籍优先"
        ),
        excluded="户口本|用户口碑|一户",
        reason="户籍限制；农村劳动者平等",
        reason_en="Limits by household registration",
        legal_basis=(
            "就业促进法第31条（不得对农村劳动者进城就业设置歧视性限制）；山东省就业促进条例（不因…户籍等不同而受歧视）"
        ),
    ),
    Rule(
        id="region_ban",
        category="origin",
        severity="block",
        pattern=(
            r"(?:[\u4e00-\u9fa5]{1,4})(?:省|市|县|籍|地区|那边)(?:人|的)?(?:除外|不要|勿扰|勿投|免谈)|(?:"
            r"不招|不要|谢绝)[\u4e00-\u9fa5]{2,4}(?:人|籍)(?![员才])"
        ),
        excluded="超市",
        reason="地域排斥",
        reason_en="Excludes people of a region",
        legal_basis="就业促进法第3、26条",
    ),
    Rule(
        id="ethnic_religion",
        category="origin",
        severity="block",
        pattern="(?:限|仅限|只招)汉族|少数民族(?:除外|不要|勿)|汉族优先|(?:无|有)宗教信仰|信教",
        excluded="",
        reason="民族、宗教信仰歧视",
        reason_en="Discriminates by ethnic group or religion",
        legal_basis="就业促进法第3、28条；劳动法第12条；人力资源市场暂行条例第24条",
    ),
    Rule(
        id="hbv_carrier",
        category="health",
        severity="block",
        pattern="乙肝|两对半|大三阳|小三阳|肝功能(?:正常)?|病原携带|无传染(?:性)?(?:疾)?病|法定传染病",
        excluded="",
        reason="不得以传染病病原携带者为由拒录（法定禁止从业岗位除外）",
        reason_en="Refuses carriers of infectious diseases",
        legal_basis="就业促进法第30条；传染病防治法第16条；艾滋病防治条例第3条",
    ),
    Rule(
        id="disability",
        category="health",
        severity="block",
        pattern="(?:无|非)残疾|残疾(?:人)?(?:勿|除外|不要)|四肢健全|无身体缺陷",
        excluded="残疾(?:人|军人)优先",
        reason="不得歧视残疾人",
        reason_en="Discriminates against disabled people",
        legal_basis="就业促进法第29条；残疾人保障法第38条",
    ),
    Rule(
        id="colour_blind",
        category="health",
        severity="notice",
        pattern="色盲|色弱|裸眼视力|裸视",
        excluded="",
        reason="健康条件需与岗位直接相关",
        reason_en="Health conditions must be needed for the work",
        legal_basis="就业促进法第26条",
    ),
    Rule(
        id="criminal_record",
        category="health",
        severity="notice",
        pattern="无犯罪(?:记录|前科)|无案底|案底|前科",
        excluded="",
        reason="除法定行业外不得普遍要求；属敏感信息，收集需必要",
        reason_en="A clean record may be asked only where a law says so",
        legal_basis="个人信息保护法第6、28条",
    ),
    Rule(
        id="deposit",
        category="fee",
        severity="block",
        pattern="押金|保证金|担保金|风险金|抵押金",
        excluded="保证金比例|不(?:收|交|需).{0,4}(?:押金|保证金)|(?:无|免)押金|工资保证金|产品.{0,6}保证金",
        reason="招用时收取押金/担保",
        reason_en="Takes a deposit",
        legal_basis="劳动合同法第9、84条（每人500–2000元罚款）；就业促进法第41(四)、66条",
    ),
    Rule(
        id="training_fee",
        category="fee",
        severity="block",
        pattern=(
            "(?:交|缴|收取?|自费|自理|先付|预交|承担).{0,6}(?:培训费|报名费|登记费|服装费|工装费|体检费|"
            "资料费|办卡费|工本费|中介费|介绍费)|(?:培训费|报名费|登记费|服装费|体检费|资料费|工本费|中介"
            r"费)\s*(?:自理|\d+\s*元|[:：]?\d)|需交\d+元"
        ),
        excluded="不收取任何|不收.{0,8}费|免(?:收)?(?:培训|报名|服装|体检)费|无任何费用|报销",
        reason="以任何名义向劳动者收取财物",
        reason_en="Takes money from the worker",
        legal_basis="劳动合同法第9、84条；山东省人力资源市场条例第34条（不得收取报名费、登记费和培训费等）",
    ),
    Rule(
        id="wage_deduct_fee",
        category="fee",
        severity="warn",
        pattern=r"费用?\d+元从工资(?:里|中)?扣除|从(?:工资|薪资)(?:里|中)?扣|薪资(?:里|中|内)?扣除|工资中扣",
        excluded="社保|保险|水电",
        reason="入职费用从工资扣",
        reason_en="Deducts joining costs from wages",
        legal_basis="劳动合同法第9条",
    ),
    Rule(
        id="id_withhold",
        category="fee",
        severity="block",
        pattern="(?:扣押|抵押|押|上交|收取)(?:居民)?身份证|身份证.{0,4}(?:扣押|抵押|上交|代管)",
        excluded="",
        reason="扣押证件",
        reason_en="Withholds identity papers",
        legal_basis="劳动合同法第9、84条；就业促进法第41(四)、66条",
    ),
    Rule(
        id="loan",
        category="scam",
        severity="block",
        pattern="培训贷|先学后付|贷款(?:培训|入职)|刷流水|办理?贷款|征信",
        excluded="",
        reason="培训贷/贷款入职",
        reason_en="Training loan or loan to join",
        legal_basis="人力资源市场暂行条例第27条（不得以招聘为名牟取不正当利益）",
    ),
    Rule(
        id="scam_task",
        category="scam",
        severity="block",
        pattern=("刷单|刷信誉|打字员.{0,6}在家|在家(?!门口).{0,6}(?:日结|赚钱)|跑分|代收款|垫付|充值(?:返|做)|高佣"),
        excluded="",
        reason="刷单/垫付/跑分类骗局",
        reason_en="Fake orders, advance payments, money mule work",
        legal_basis="人力资源市场暂行条例第27条（不得介绍从事违法活动）",
    ),
    Rule(
        id="bait_pay",
        category="scam",
        severity="warn",
        pattern=(
            r"月入[过上]万|轻松(?:月入|赚钱|日入)|日入\d{3,}|上不封顶|零门槛|无门槛|包过|保录|保就业|内部"
            "名额"
        ),
        excluded="轻松易学|轻松搭配",
        reason="高薪诱饵/夸大；招聘信息应真实",
        reason_en="Bait: pay too good to be true",
        legal_basis="人力资源市场暂行条例第24条；就业促进法第41(一)、65条（提供虚假就业信息）",
    ),
    Rule(
        id="no_contract",
        category="contract",
        severity="block",
        pattern="不签(?:劳动)?合同|无需签合同|不缴社保|不交社保|自愿放弃社保|社保自理",
        excluded="",
        reason="不签合同/放弃社保",
        reason_en="No contract or no social insurance",
        legal_basis="劳动合同法第10、26条；人力资源市场暂行条例第24条第2款",
    ),
    Rule(
        id="probation_unpaid",
        category="contract",
        severity="block",
        pattern=(
            r"试用期(?:无薪|无工资|不发工资|没有工资)|试岗.{0,4}无(?:薪|工资)|\d天内离职(?:无|不)(?:工资|"
            "发)"
        ),
        excluded="",
        reason="试用/试岗不付酬",
        reason_en="Unpaid probation",
        legal_basis="劳动合同法第20、85条（条文见同一文件）",
    ),
    Rule(
        id="forbidden_women_work",
        category="protect",
        severity="notice",
        pattern="井下|四级体力|高处作业",
        excluded="",
        reason="国家规定女职工禁忌岗位：可作为性别限制的例外，需人工核",
        reason_en="Work the state forbids to women: a limit by sex may be lawful, look at it",
        legal_basis="劳动法第59条；妇女权益保障法第43条“国家另有规定的除外”",
    ),
    Rule(
        id="veteran_or_disabled_preference",
        category="allow",
        severity="allow",
        pattern="退(?:伍|役)军人优先|残疾人优先|高校毕业生优先|就业困难人员优先|脱贫.{0,6}优先",
        excluded="",
        reason="政策性优先，不应误报",
        reason_en="Preference that policy allows",
        legal_basis="退役军人保障法第42条（同等条件下优先招录、招聘退役军人）",
    ),
)
