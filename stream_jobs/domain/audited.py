"""What is audited: every act with its names, what it was done to, and how much of a row is told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from stream_jobs.domain.phone import BETWEEN_DIGITS

AuditAction = Literal[
    "account_created",
    "account_disabled",
    "ban",
    "break_glass",
    "collection_closed",
    "collection_made",
    "collection_opened",
    "collection_revoked",
    "correct_own",
    "employer.unverified",
    "employer.verified",
    "erase",
    "export",
    "export_again",
    "export_destroyed",
    "export_fetched",
    "export_own",
    "file_fetched",
    "hand_over",
    "hold",
    "hold_ended",
    "job.overridden",
    "job.override_taken_back",
    "lift_ban",
    "lift_hold",
    "list_faults_taken",
    "open",
    "organisation_changed",
    "password_changed",
    "purge",
    "restore",
    "reveal",
    "role_changed",
    "unit_added",
    "unit_changed",
    "unit_closed",
    "unit_deleted",
    "unit_reopened",
    "wall_closed",
    "wall_opened",
]

Subject = Literal[
    "account",
    "application",
    "ban",
    "collection",
    "employer",
    "everything",
    "export",
    "job",
    "list",
    "organisation",
    "person",
    "unit",
    "wall",
]


@dataclass(frozen=True, slots=True)
class Act:
    """subject: what the subject of its rows is an id of. by_link: whoever did it without an account came by a link."""

    zh: str
    en: str
    subject: Subject
    by_link: bool = False


ACTS: Mapping[AuditAction, Act] = {
    "account_created": Act("新建账号", "Account made", "account"),
    "account_disabled": Act("停用账号", "Account disabled", "account"),
    "ban": Act("请出直播间", "Kept a device out", "ban"),
    "break_glass": Act("紧急查看依法留存的信息", "Read what a legal hold keeps", "application"),
    "collection_closed": Act("领取链接因输错码关闭", "Link closed after wrong codes", "collection", by_link=True),
    "collection_made": Act("生成领取链接", "Link to a list made", "collection"),
    "collection_opened": Act("凭链接领取名单", "List taken by link", "employer", by_link=True),
    "collection_revoked": Act("停用领取链接", "Link to a list revoked", "collection"),
    "correct_own": Act("本人更正信息", "Corrected by the applicant", "person"),
    "employer.unverified": Act("取消企业核验", "Verification taken back", "employer"),
    "employer.verified": Act("核验企业", "Employer verified", "employer"),
    "erase": Act("删除个人信息", "Person erased", "person"),
    "export": Act("导出", "Export asked for", "export"),
    "export_again": Act("重新导出", "Export written again", "export"),
    "export_destroyed": Act("销毁导出文件", "Export destroyed", "export"),
    "export_fetched": Act("下载导出文件", "Export fetched", "export"),
    "export_own": Act("本人下载自己的信息", "Copy taken by the applicant", "person"),
    "file_fetched": Act("下载简历文件", "Résumé file fetched", "application"),
    "hand_over": Act("移交名单", "List handed over", "employer"),
    "hold": Act("依法留存", "Legal hold", "person"),
    "hold_ended": Act("留存到期销毁", "What a hold kept destroyed", "person"),
    "job.overridden": Act("放行岗位", "Job let through", "job"),
    "job.override_taken_back": Act("取消放行岗位", "Letting a job through taken back", "job"),
    "lift_ban": Act("允许重新进入", "Ban lifted", "ban"),
    "lift_hold": Act("解除依法留存", "Legal hold lifted", "person"),
    "list_faults_taken": Act("下载名单里有误的行", "Faulty rows of a list fetched", "list", by_link=True),
    "open": Act("打开报名详情", "Application opened", "application"),
    "organisation_changed": Act("修改本单位信息", "Organisation changed", "organisation"),
    "password_changed": Act("修改密码", "Password changed", "account"),
    "purge": Act("到期清理", "Purged", "organisation"),
    "restore": Act("从备份恢复", "Restored from a backup", "everything"),
    "reveal": Act("查看完整号码", "Full number read", "application"),
    "role_changed": Act("修改角色", "Role changed", "account"),
    "unit_added": Act("新增单位", "Unit added", "unit"),
    "unit_changed": Act("修改单位", "Unit changed", "unit"),
    "unit_closed": Act("停用单位", "Unit closed", "unit"),
    "unit_deleted": Act("删除单位", "Unit deleted", "unit"),
    "unit_reopened": Act("恢复单位", "Unit opened again", "unit"),
    "wall_closed": Act("停用大屏", "Wall screen closed", "wall"),
    "wall_opened": Act("开放大屏", "Wall screen opened", "wall"),
}

# Of what a row's detail says in words, what names nobody: a receiver and a device are left out.
TOLD = frozenset(
    {
        "scope",
        "what",
        "format",
        "broadcast",
        "series",
        "employer",
        "since",
        "until",
        "seen",
        "covers",
        "changed",
        "role",
        "name",
        "kind",
        "was_name",
        "was_kind",
    }
)
# Seven digits or more, however they are spaced, may be somebody's number.
NUMBERS = re.compile(rf"\+?\d(?:{BETWEEN_DIGITS}*\d){{6,}}")


def act_of(action: str) -> Act | None:
    """None for what an older version wrote and this one does not."""
    return ACTS.get(action)  # type: ignore[call-overload, no-any-return]  # any text may be asked for


def every_action() -> tuple[str, ...]:
    return get_args(AuditAction)


def told(detail: Mapping[str, object]) -> dict[str, object]:
    """How many, yes or no, and the words that name nobody; what is empty is left out."""
    return {key: value for key, value in detail.items() if isinstance(value, int) or (key in TOLD and value)}


def without_numbers(text: str | None) -> str | None:
    """What somebody typed as a reason, without what may be a telephone number."""
    return NUMBERS.sub("…", text) if text else text
