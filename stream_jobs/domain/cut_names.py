"""What figures are told by besides the whole: of a show, and of several shows together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cut:
    """One table of a report: what each of its lines holds."""

    key: str
    zh: str
    en: str
    zh_meaning: str
    en_meaning: str

    def name(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh

    def meaning(self, lang: str) -> str:
        return self.en_meaning if lang == "en" else self.zh_meaning


CUTS = (
    Cut("cards", "按岗位", "By job", "岗位清单里一张卡片一行", "a line for each card of the tray"),
    Cut(
        "employers",
        "按企业",
        "By employer",
        "一家企业一行，设备和人在各岗位间去重",
        "a line for each employer, devices and people distinct over its cards",
    ),
    Cut(
        "channels",
        "按渠道",
        "By channel",
        "到访按打开的链接，设备和报名归最先带来它的渠道，另列最后经过的渠道",
        "visits by the link that was opened; devices and applications under the channel that brought them first, with "
        "the last one beside it",
    ),
    Cut(
        "times",
        "按时段",
        "By time",
        "开播前、直播各段（岗位、政策、答疑）、结束后，合起来不重不漏",
        "before the show, each part of it (jobs, policy, questions), and after it: everything once",
    ),
    Cut(
        "regions",
        "按地区",
        "By region",
        "按岗位写的工作地点所在的市（GB/T 2260），只写了省的按省；看不出的归“没写明地区”；从不按网络地址推断",
        "the city of the job's workplace by its words (GB/T 2260), or the province if no more is written; the rest as "
        "not stated; never guessed from a network address",
    ),
    Cut(
        "priorities",
        "按重点群体",
        "By priority group",
        "只有自愿勾选的人，一人可在几组；报名截止后才说几个人报了名，不说后来如何；组里或组外少于限值（不低于5人）的连人数也不显示；"
        "删除了信息的人仍计入，收回的不计",
        "only people who chose to say so, in as many groups as apply; told is how many applied, once applications are "
        "closed, and nothing of what became of them, and that only where as many people as the limit (never fewer than "
        "five) are of the group, and as many are not; who was erased still counts, who took it back does not",
    ),
    Cut(
        "platform",
        "平台填报",
        "Platform figures",
        "平台自己的数字，抄录或导入，从不与本系统的数字相加",
        "what platforms state, typed in or imported, never added to ours",
    ),
    Cut(
        "workplaces",
        "按工作地点",
        "By place of work",
        "几场合并时，按写下的工作地点；岗位、企业、渠道也这样合并，每台设备、每个人在一行里只计一次",
        "of several shows together, by the words of the workplace; jobs, employers and channels likewise, each device "
        "and person once in a line",
    ),
    Cut("shows", "按场次", "By show", "几场合并时一场一行", "of several shows together, a line for each"),
    Cut(
        "units",
        "按单位",
        "By unit",
        "单位或基地和它的全部下级，设备和人去重；按现在的隶属关系",
        "a unit or base with everything beneath it, devices and people distinct; as the tree stands now",
    ),
    Cut(
        "hosts",
        "按主播",
        "By host",
        "按写下的名字，设备和人去重",
        "by the name as it was written, devices and people distinct",
    ),
)
