"""Words for the values of coded columns, as files write them: the value itself always counts as well."""

AREA_KIND = {"inner": "内街|Inner", "outer": "外街|Outer", "rural": "农村|Rural"}
BOOLEAN = {"true": "是|有|真|true|yes|y|t|1|√", "false": "否|无|假|false|no|n|f|0|×"}
ONLINE = {"true": f"{BOOLEAN['true']}|在线|正常|Online|on|up|active", "false": f"{BOOLEAN['false']}|离线|故障|异常|Offline|off|down"}

USE_TYPE = {
    "residential": "住宅|居住|居民楼|Residential|house|apartments|detached|terrace|bungalow|semidetached_house|dormitory|宿舍|公寓",
    "mixed": "商住|综合|Mixed",
    "commercial": "商业|Commercial|retail|shop|hotel|supermarket|mall",
    "office": "办公|写字楼|Office",
    "industrial": "工业|厂房|仓库|Industrial|warehouse|factory",
    "public": "公建|公共|学校|医院|Public|school|hospital|government|train_station|transportation|university|civic|kindergarten|college",
    "other": "其他|其它|Other|yes|roof|dam|construction",
}
HEIGHT_SOURCE = {"surveyed": "测绘|实测|Mapped", "levels": "按层数|From floors", "estimated": "估算|Estimated"}

SEX = {"1": "男|男性|Male|M", "2": "女|女性|Female|F", "0": "未知|Unknown", "9": "未说明|Unstated"}
POP_TYPE = {
    "registered": "户籍|户籍人口|人户一致|Registered",
    "floating": "流动|流动人口|Floating",
    "permanent": "常住|常住人口|Permanent",
    "foreign": "境外|境外人员|Foreign",
    "left_behind": "留守|留守人员|Left behind",
}
CARE = {"elder_alone": "独居老人|Elder alone", "disabled": "残疾|残疾人|Disabled", "low_income": "低保|Low income"}
RELATION = {
    "head": "户主|本人|Head",
    "spouse": "配偶|夫|妻|丈夫|妻子|Spouse",
    "child": "子女|子|女|儿子|女儿|Child",
    "parent": "父母|父|母|父亲|母亲|Parent",
    "other": "其他|其它|Other",
}

ORG_TYPE = {
    "enterprise": "企业|公司|Enterprise",
    "self_employed": "个体商铺|个体|个体户|个体工商户|Self-employed",
    "government": "机关|Government",
    "institution": "事业单位|Institution",
    "social": "社会组织|社会团体|Social",
    "school": "学校|School",
    "hospital": "医院|Hospital",
    "other": "其他|其它|Other",
}
INDUSTRY = {
    "A": "农林牧渔|农林牧渔业|Agriculture",
    "B": "采矿|采矿业|Mining",
    "C": "制造|制造业|Manufacturing",
    "D": "水电燃气|电力热力燃气及水|Utilities",
    "E": "建筑|建筑业|Construction",
    "F": "批发零售|批发和零售业|Trade",
    "G": "交通运输|交通运输仓储和邮政业|Transport",
    "H": "住宿餐饮|住宿和餐饮业|Hotels and food",
    "I": "信息软件|信息传输软件和信息技术服务业|IT",
    "J": "金融|金融业|Finance",
    "K": "房地产|房地产业|Real estate",
    "L": "租赁商务|租赁和商务服务业|Business services",
    "M": "科研技术|科学研究和技术服务业|Research",
    "N": "环境公共设施|水利环境和公共设施管理业|Environment",
    "O": "居民服务|居民服务修理和其他服务业|Personal services",
    "P": "教育|Education",
    "Q": "卫生社会|卫生和社会工作|Health",
    "R": "文体娱乐|文化体育和娱乐业|Culture",
    "S": "公共管理|公共管理社会保障和社会组织|Public administration",
}
ORG_STATE = {"active": "存续|在业|开业|正常|Active", "cancelled": "注销|Cancelled", "revoked": "吊销|Revoked"}
RISK = {
    "red": "重大风险|重大|红|红色|Major",
    "orange": "较大风险|较大|橙|橙色|Larger",
    "yellow": "一般风险|一般|黄|黄色|General",
    "blue": "低风险|低|蓝|蓝色|Low",
}

PART_STATE = {
    "intact": "完好|正常|Intact|Active",
    "damaged": "破损|损坏|Damaged",
    "lost": "丢失|Lost",
    "abandoned": "废除|废弃|Abandoned|Inactive",
    "removed": "移除|拆除|Removed",
}
DATA_SOURCE = {"survey": "实测|测绘|Surveyed", "map": "地形图|From map", "other": "其他|其它|Other"}
ACCURACY = {"A": "A级|A ±0.5 m", "B": "B级|B ±1 m", "C": "C级|C ±10 m"}

SENSOR_KIND = {
    "manhole": "井盖|智能井盖|Manhole",
    "lamp": "路灯|Lamp",
    "bin_level": "垃圾桶|垃圾箱|Bin level",
    "smoke": "烟感|烟雾|Smoke",
    "elevator": "电梯|Elevator",
    "ponding": "积水|内涝|Ponding",
    "gas": "燃气|可燃气体|Gas",
    "noise": "噪声|噪音|Noise",
    "air": "空气|空气质量|Air",
    "water_level": "水位|Water level",
    "traffic": "交通|Traffic",
}
SENSOR_STATUS = {"normal": "正常|在线|Normal|online", "alarm": "报警|告警|Alarm", "offline": "离线|故障|Offline"}

CAMERA_OWNER = {
    "police": "公安天网|公安|天网|Police",
    "traffic": "交警卡口|交警|交通|Traffic police",
    "city": "城管|City management",
    "environment": "环保|Environment",
    "safety": "安监|应急|Safety",
    "fire": "消防|Fire",
    "community": "社区|Community",
    "social": "社会面|社会|Private",
}
PLACE_TYPE = {"junction": "路口|Junction", "entrance": "出入口|Entrance", "road": "路段|道路|Road", "square": "广场|Square"}
PTZ_TYPE = {"1": "球机|Dome", "2": "半球|Half dome", "3": "固定枪机|枪机|Bullet", "4": "遥控枪机|Remote bullet"}
PLACEMENT = {"overall": "总体|Overall", "region": "区域|Region", "node": "节点|Node"}

WORKER_ROLE = {
    "grid_worker": "网格员|网格长|Grid worker",
    "enforcement": "执法队员|执法|城管队员|Enforcement",
    "sanitation": "环卫工|环卫|Sanitation",
    "maintenance": "养护工|养护|Maintenance",
    "emergency": "应急队员|应急|Emergency",
}
WORKER_STATUS = {"free": "空闲|在岗|Free", "busy": "任务中|忙|Busy", "off_grid": "离岗|Off grid", "off_duty": "下班|休息|Off duty"}
VEHICLE_KIND = {
    "sanitation": "环卫车|环卫|Sanitation",
    "enforcement": "执法车|执法|Enforcement",
    "muck": "渣土车|渣土|Muck",
    "emergency": "应急车|应急|Emergency",
}
VEHICLE_STATUS = {"free": "空闲|Free", "busy": "任务中|作业|Busy", "lost": "失联|离线|Lost", "off_duty": "停运|停驶|Off duty"}
RESOURCE_KIND = {
    "shelter": "避难场所|避难所|Shelter",
    "hospital": "医院|Hospital",
    "fire_station": "消防站|消防队|Fire station",
    "hydrant": "消火栓|消防栓|Hydrant",
    "police": "警务|派出所|Police",
    "toilet": "公厕|公共厕所|Toilet",
    "parking": "停车场|Parking",
    "warehouse": "物资仓库|仓库|Warehouse",
    "school": "学校|School",
}
RESOURCE_STATE = {"open": "可用|开放|正常|Open", "closed": "停用|关闭|Closed", "full": "已满|Full"}

EVENT_LEVEL = {
    "1": "Ⅰ|Ⅰ级|一级|特别重大|Ⅰ 特别重大|Ⅰ critical",
    "2": "Ⅱ|Ⅱ级|二级|重大|Ⅱ 重大|Ⅱ major",
    "3": "Ⅲ|Ⅲ级|三级|较大|Ⅲ 较大|Ⅲ larger",
    "4": "Ⅳ|Ⅳ级|四级|一般|Ⅳ 一般|Ⅳ minor",
    "0": "普通|Ordinary",
}
EVENT_SOURCE = {
    "grid_self": "网格自办自结|Grid, self-closed",
    "grid_patrol": "网格巡查|巡查|Grid patrol|Employee Generated",
    "city_dcm": "数字城管|City platform",
    "hotline12345": "12345|12345热线|热线|12345 hotline|Constituent Call|电话",
    "citizen": "市民上报|市民|Citizens|Self Service",
    "citizen_wechat": "市民微信|微信|Citizens (WeChat)",
    "citizen_app": "市民 App|APP|Citizens (app)|Citizens Connect App",
    "hotline_cg": "城管热线|City hotline",
    "census": "普查|Census",
    "leader": "领导交办|Leaders",
    "dept_transfer": "部门移交|Departments",
    "sensor": "传感器|物联网|Sensors",
    "video_ai": "视频识别|AI识别|Video",
    "other": "其他|其它|Other",
}
EVENT_STATE = {
    "reported": "待立案|已上报|Reported|New|Open",
    "filed": "待派遣|已立案|Filed",
    "dispatched": "已派遣|Dispatched",
    "handling": "处置中|处理中|Handling",
    "checking": "待核查|核查中|Checking",
    "suspended": "挂账|Suspended",
    "closed": "已结案|已办结|结案|办结|Closed",
    "evaluated": "已考评|Evaluated",
    "not_filed": "不予立案|不立案|Not filed",
    "merged": "已合并|Merged",
    "void": "作废|Void",
}
PLACE_CLASS = {
    "school": "学校|School",
    "hospital": "医院诊所|医院|诊所|Health",
    "government": "政府机构|Government",
    "police": "警务|Police",
    "fire_station": "消防|Fire station",
    "toilet": "公厕|Toilet",
    "parking": "停车场|Parking",
    "bus_stop": "公交站|Bus stop",
    "station": "车站码头|Station",
    "park": "公园绿地|公园|Park",
    "worship": "宗教场所|Worship",
    "hotel": "酒店|宾馆|Hotel",
    "food": "餐饮|Food",
    "shop": "商店|Shop",
    "bank": "银行|Bank",
    "office": "办公|Office",
    "culture": "文化体育|Culture",
    "quarter": "地名|Place name",
    "other": "其他|其它|Other",
}
