"""Keys that pages put together: each beginning that stands in the code, with every ending it meets."""

from stream_jobs.domain.audited import ACTS
from stream_jobs.domain.events import QuestionKind
from stream_jobs.domain.following import Reason, State, Told

ENDINGS = {
    "common.": "ended live scheduled",
    "common.card.": "closed full live paused shown upcoming",
    "common.card.label_": "job policy",
    "common.detail.": "arrival duties employer insurance requirements",
    "common.fact.": "age dorm meals pay_day rest shift workplace",
    "common.job.": "closed full paused",
    "common.pay.": "ten_thousand ten_thousand_and_up unit unit_and_up",
    "common.pay.per.": "day hour month piece year",
    "common.policy.": "how_much how_to_claim who",
    "common.question.": " ".join(QuestionKind),
    "common.theme.": "auto dark light",
    "common.time.month.": "1 10 11 12 2 3 4 5 6 7 8 9",
    "desk.event.": "applied_again viewed",
    "desk.filter.": "channel job since state until",
    "desk.kind.": "called message no_answer note visited",
    "desk.last.": "called message no_answer visited",
    "desk.purpose.": "contact duplicate own_request",
    "desk.reason.": " ".join(Reason),
    "desk.resume.": "education experience skills wanted_job wanted_pay wanted_place",
    "desk.state.": " ".join(State),
    "desk.view.": "all overdue today waiting",
    "exports.column.": "at broadcast card channel date employer job name number phone recorded_by state",
    "exports.fact.": "broadcast date host platform series unit",
    "exports.format.": "csv xlsx",
    "exports.purpose.": "contact hand_over settle",
    "exports.scope.": "broadcast everything series",
    "exports.state.": "destroyed expired waiting",
    "exports.why.": "data_damaged export_too_long files_full files_unavailable storage_unavailable",
    "forms.exports.": "csv xlsx",
    "forms.for.": "days series show",
    "host.blocked.": "employer_unverified job_expired job_removed wording",
    "host.console.action.": "ended pinned pushed started undone unpinned withdrawn",
    "host.console.done.": "ended pinned pushed unpinned withdrawn",
    "host.console.figure.": "applied delivered opened seen",
    "host.console.row.": "live next shown",
    "host.keys.": (
        "digits digits_does escape escape_does f2 f2_does f8 f8_does help help_does page_down page_down_does "
        "page_up page_up_does search search_does undo undo_does"
    ),
    "host.links.": "overlay prompter remote viewer",
    "host.remote.mark.": "closed full paused",
    "host.remote.tile_": "blocked live next shown",
    "host.rule.": "employer_unverified job_expired job_removed wording",
    "host.staff.way.": "by_telephone in_person",
    "lists.fault.": (
        "application_not_found application_unknown application_withdrawn consent_missing day_unclear "
        "day_unlikely employer_has_recruiter job_ambiguous job_closed job_full job_missing job_not_found "
        "job_paused job_unclear job_unknown key_reused move_not_allowed number_and_phone_differ number_invalid "
        "phone_invalid phone_masked phone_rounded reason_missing result_unclear several_applications "
        "several_jobs state_moved who_missing"
    ),
    "lists.import.": "applicants_hint duplicate faulty imports outcomes outcomes_hint skipped",
    "lists.import.given.": "by_telephone in_person on_platform",
    "lists.import.state.": "confirmed expired previewed undone writing",
    "lists.link.state.": "closed expired open revoked used_up",
    "lists.repeats.": "applied done further row state",
    "lists.row.done.": "called message no_answer visited",
    "lists.skip.": "blank empty_sheet footer hidden_sheet no_header no_phone nothing_yet repeated_header title total",
    "organisation.": (
        "keeper_contact keeper_contact_hint kind name name_hint privacy_notice privacy_notice_hint service_phone "
        "service_phone_hint"
    ),
    "organisation.audit.": "since until",
    "organisation.audit.actor.": "applicant",
    "organisation.audit.purpose.": (
        "asked contact duplicate hand_over no_key organisation own_request retention settle"
    ),
    "organisation.audit.subject.": " ".join(sorted({act.subject for act in ACTS.values()})),
    "organiser.accounts.role.": "host operator organiser recruiter",
    "organiser.import.": "read skipped",
    "organiser.report.": "beside_small small_group",
    "organiser.report.fraud.": "no_card no_push no_visit not_there too_late wrong_time",
    "organiser.report.part.": "cards channels employers platform priorities regions times",
    "organiser.report.platform.metric.": "comments leads likes new_followers peak shares viewers views",
    "organiser.report.priority.": "disabled graduate hard_to_employ lifted_from_poverty migrant_worker veteran",
    "organiser.report.time.": "after before job policy qa",
    "platform.": "duplicate skipped",
    "platform.fault.": (
        "no_figure no_show number_rounded number_unclear same_show several_shows time_unclear which_show"
    ),
    "platform.field.": "started title",
    "platform.skip.": "blank empty_sheet footer header hidden_sheet no_header repeated_header title total",
    "platform.state.": "confirmed previewed undone",
    "programme.blocked.": "employer_unverified job_expired job_removed wording",
    "programme.channel.example.": "account group other platform poster stall station",
    "programme.channel.kind.": "account group other platform poster stall station",
    "programme.check.": "blocked blocked_not notices notices_not tray tray_not viewer_link viewer_link_not",
    "programme.check.missing.": "keeper_contact privacy_notice service_phone",
    "programme.employers.": "filter state.all state.ending state.unverified",
    "programme.error.": "body_too_large body_too_slow",
    "programme.import.rows_of.": "duplicate faulty imports",
    "programme.import.state.": "confirmed previewed undone",
    "programme.import.used.": "applied pushed",
    "programme.job.": (
        "employer age arrival benefits contact_name contact_phone dorm duties education gender headcount insurance "
        "meals requirements rest shift source valid_until"
    ),
    "programme.jobs.": "filter state.all state.blocked state.pushable",
    "programme.links.": "overlay prompter remote viewer wall",
    "programme.nav.": "accounts employers home imports jobs organisation policies reports shows",
    "programme.paper.": "agent_identity licence mandate recruitment_letter",
    "programme.severity.": "allow block notice warn",
    "programme.show.phone_check_": "after before off",
    "programme.show.tab.": "about channels links tray",
    "programme.skip.": "empty_sheet hidden_sheet no_header",
    "programme.todo.": (
        "employers_unverified import_waits lists_uncollected people_uncontacted service_phone_missing tray_blocked "
        "tray_empty verification_ends"
    ),
    "programme.tray.from.": "imports jobs policies",
    "series.": "cuts.note distinct",
    "series.compare.among.": "organisation series unit",
    "series.part.": "channels employers hosts jobs platform shows summary units workplaces",
    "series.units.": "close_ask delete_ask",
    "series.units.kind.": "base city company county province station town",
    "viewer.mine.state.": " ".join(Told),
    "viewer.notice.": "fields keeper purpose receiver rights until",
    "viewer.notice.field_": "name phone",
    "viewer.privacy.": "applying consent phone watching withdrawing",
    "viewer.resume.": "education experience skills wanted_job wanted_pay wanted_place",
    "wall.list.": "newest origins top",
    "wall.step.": "appliers apply_starts clicks impressions visitors",
}
