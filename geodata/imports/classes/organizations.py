"""Enterprises, shops, institutions and government bodies by their unified social credit code."""

from geodata import codes
from geodata.imports import words
from geodata.imports.classes.common import ADDRESS, BUILDING, PHONE, SOURCE_ID
from geodata.imports.fields import WHOLE, Field, ImportClass, Shape
from geodata.source import Kind

ORGANIZATIONS = ImportClass(
    key="organizations",
    table="organization",
    shape=Shape.POINT,
    natural_key="uscc",
    in_building=True,
    fields=(
        SOURCE_ID,
        Field("uscc", "统一社会信用代码 信用代码 社会信用代码 creditcode", check=codes.credit_code, required=True),
        Field("name", "名称 单位名称 企业名称 机构名称", required=True),
        Field("org_type", "类型 单位类型 企业类型 机构类型", kind=Kind.CODE, words=words.ORG_TYPE, default="other"),
        Field("industry", "行业 行业门类 行业代码", kind=Kind.CODE, words=words.INDUSTRY, required=True),
        Field("state", "状态 经营状态 登记状态", kind=Kind.CODE, words=words.ORG_STATE, default="active"),
        Field("risk", "安全分级 风险等级 风险分级", kind=Kind.CODE, words=words.RISK, default="blue"),
        Field("legal_rep", "法定代表人 法人 法人代表 负责人", personal=True),
        PHONE,
        Field("address", f"{ADDRESS.aliases} 经营地址 注册地址 住所"),
        Field("employees", "从业人数 员工数 人数", kind=Kind.INT, low=0, high=WHOLE),
        Field("is_key", "重点单位 重点", kind=Kind.BOOL, default=False),
        BUILDING,
    ),
)
