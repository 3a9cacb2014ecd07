"""The fields of a job as a workbook can state them, and their names."""

from enum import StrEnum


class Field(StrEnum):
    EMPLOYER = "employer"
    TITLE = "title"
    HEADCOUNT = "headcount"
    PAY = "pay"
    WORKPLACE = "workplace"
    SHIFT = "shift"
    REST = "rest"
    MEALS = "meals"
    DORM = "dorm"
    AGE = "age"
    EDUCATION = "education"
    GENDER = "gender"
    BENEFITS = "benefits"
    REQUIREMENTS = "requirements"
    DUTIES = "duties"
    VALID_UNTIL = "valid_until"
    CONTACT_NAME = "contact_name"
    CONTACT_PHONE = "contact_phone"
    SOURCE = "source"
    REMARK = "remark"
