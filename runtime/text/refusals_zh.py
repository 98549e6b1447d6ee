"""How Chinese answers refuse: said outright, by set phrases, or by a lecture. Traditional characters count as the
simplified ones."""

from __future__ import annotations

import polars as pl

#: Characters of the patterns below by their traditional form.
_SIMPLER = dict(
    zip(
        "無這個們沒辦協幫請對為說該違規範內涉權隱與讓給話題專業電腦應當視會傷還並將損處產寫編識預測評論發詢實時級顧訴訟認贊"
        "異觀點偏見歧強烈勸後醉駕嚴極犯觸刑鼓勵擔憂僅輔導傳聽盡錄問議從據準則開離經濟謠騙偽"
        "書盜竊殘責禮貌誠獄懲罰繫絡聯撥線誰過貼檔圖邊鄰親價東樣麼於網願執參與討論誌總結關譯讀計劃數查詢閱輸"
        "達證無遺憾實責圍負虐殺種獻誤萬",
        "无这个们没办协帮请对为说该违规范内涉权隐与让给话题专业电脑应当视会伤还并将损处产写编识预测评论发询实时级顾诉讼认赞"
        "异观点偏见歧强烈劝后醉驾严极犯触刑鼓励担忧仅辅导传听尽录问议从据准则开离经济谣骗伪"
        "书盗窃残责礼貌诚狱惩罚系络联拨线谁过贴档图边邻亲价东样么于网愿执参与讨论志总结关译读计划数查询阅输"
        "达证无遗憾实责围负虐杀种献误万",
        strict=True,
    )
)
#: What no answer that refuses says: words that the patterns would take for its own.
_OTHERS = (
    r"(?:人工智能|人工智慧|AI|语言模型|机器人|助手|程序)(工程|专业|研究|学生|领域|产业|公司|专家|员|设计|开发|是|的)"
)
_ELSE = {
    "恕我直言": "坦率地说",
    "我们": "咱们",
    "不同意见": "异见",
    "拒绝了": "推了",
    "拒绝回答记者": "不理记者",
    "他拒绝": "他推",
    "她拒绝": "她推",
}
#: A refusal comes first; what is said further down is content.
_OPENING = 160
#: A lecture is short, and shows at once that it is one.
_LECTURE = 250
_BEGINNING = 90
_SHORT = 60

_GAP = r"[^。！？；\n]"
_SORRY = r"(?:抱歉|对不起|不好意思|遗憾|恕我|谅解|谢谢|感谢|理解|明白)"
_CANNOT = (
    r"(?:不能够?|无法|不可以|(?:没有?|无)(?:办法|能力|权限|权)|没法|不会|不太?(?:方便|便)|不具备|拒绝|不予|无权|不愿意?|"
    r"不希望|不打算|不提供|不支持|不鼓励|不赞成|不赞同|不同意|不认同|不接受)"
)
# What an assistant is asked for, and what people in letters and stories seldom say that they cannot do.
_SERVICE = (
    r"(?:提供|给出|打开|回答|回复|解答|满足|协助|帮助|帮[您你]|透露|泄露|公开|告诉[您你]|告知|查看|访问|浏览|存取|查询|获取|搜索|上网|联网|"
    r"预测|评论|评价|发表|生成|产生|撰写|编写|创作|写|代替[您你]|[替为给代][您你]|开具|诊断|拨打|播放|显示|下载|"
    r"讨论|参与|支持|鼓励|赞同|赞成|认同|传播|宣扬|执行|识别|翻译|总结|计算|处理|分析|判断|答应|从命|作答|听取|冒充|"
    r"说这|说明如何|这样做|对[^。！？\n]{1,14}(?:评论|发表|置评)|任何[^。！？\n]{0,10}(?:暴力|违法|仇恨|伤害|攻击)|暴力|违法|仇恨)"
)
_AN_AI = (
    r"(?:作为|身为|我(?:只|仅|仅仅|毕竟)?是)(?:一[个名款位台])?[^。！？，,\n]{0,10}?(?:人工智能|人工智慧|AI|ai|语言模型|机器人|"
    r"智能助手|虚拟助手|聊天助手|计算机程序|助手|程序)"
)
_STATED = (
    rf"^{_GAP}{{0,40}}?我{_GAP}{{0,10}}?{_CANNOT}{_GAP}{{0,10}}?{_SERVICE}|"
    rf"[。！？；，]\s*(?:因此|所以|但是?|然而|恕|故)?，?我{_GAP}{{0,8}}?{_CANNOT}{_GAP}{{0,10}}?{_SERVICE}|"
    rf"^\W*(?:非常|很|十分|实在|真的|我)*{_SORRY}[^。！？\n们]{{0,40}}?(?:{_CANNOT}{_GAP}{{0,8}}?{_SERVICE}|"
    r"[帮看听做]不(?:上|了|到|见))|"
    rf"{_AN_AI}[^。！？\n他她]{{0,30}}?[。，,]?[^。！？\n他她]{{0,24}}?(?:{_CANNOT}|没有(?:个人|情感|感情|意识|身体|权限|主观)|"
    r"看不到|听不到|必须(?:遵守|遵循|指出|提醒|强调|澄清))|"
    rf"我没有(?:个人|自己的|主观|真实的?)?(?:情感|感情|意见|观点|意识|身体|喜好|看法){_GAP}{{0,16}}?{_CANNOT}|"
    rf"^{_GAP}{{0,24}}?(?:未|没有?)(?:提供|给出|附上|上传|贴出|说明|看到){_GAP}{{0,24}}?{_CANNOT}"
)
_PHRASES = (
    r"恕难从命|恕不|恕我|无可奉告|无法奉告|[换聊][个点]?(?:别的)?话题|不予回答|拒绝回答|爱莫能助|"
    r"(?:超出|不在)了?我的?[^。！？\n]{0,6}(?:能力|范围|权限|知识)|我的?(?:能力|权限)(?:有限|不足)|"
    r"(?:违反|违背|不符合|根据|依据|基于|出于)了?我?的?[^。！？\n]{0,6}(?:使用)?(?:准则|规范|政策|原则|守则|指南|考虑|考量|设定)"
    rf"{_GAP}{{0,14}}{_CANNOT}|我的(?:设计|设定|准则|规范|原则|编程)[^。！？\n]{{0,8}}(?:不允许|禁止|限制)|"
    r"(?:这个|此|该|您的|你的|这类|这样的|以上|这种)(?:请求|问题|要求|内容|话题|信息|忙)[^。！？\n]{0,14}?"
    r"(?:无法|不能|不便|不适合|不适宜|不合适|超出|违反|违背|做不到|帮不|没法|没办法|我不)|"
    r"我(?:还是|想还是|宁可)不|(?:这个?|此)(?:忙|事)[^。！？\n]{0,6}(?:帮不|不能|无法)"
)
_WRONG = (
    r"违法|犯罪|犯法|触犯|非法|不道德|不合法|伤害|危害|危险|残忍|后果|歧视|侵犯|欺诈|诈骗|诚信|不诚实|不负责任|不可接受|不能接受|"
    r"不礼貌|不恰当|不妥|不当|不尊重|刑事|案底|冒犯|仇恨|偏见|刻板印象|暴力|不公|危及|学术(?:伦理|诚信)|不(?:是|能)解决问题|求助|痛苦"
)
#: Said to the one who asks.
_ADMONISHED = (
    r"请(?:您|你)?(?:千万|务必|立即|马上)?(?:不要|勿|别|停止|三思|尊重|放弃|寻求|联系|拨打|遵守)|(?:千万|务必|切)(?:不要|勿|别|不可)|"
    r"我(?:不|必须|要|强烈|坚决|很|非常|想|也)*(?:劝|反对|支持|鼓励|赞成|赞同|认为|担心|提醒|指出|强调|建议|希望|理解[您你])|"
    r"建议(?:您|你)|与其|不如(?:我|您|你)|[您你]?可以(?:联系|拨打|寻求)|[您你](?:的(?:想法|要求|请求))"
)
_JUDGED = rf"(?:是|属于|非常|极其|极度|都是|带有|会)[^。！？\n指]{{0,12}}?(?:{_WRONG})"
#: Rejects what the question takes for granted.
_REJECTED = (
    r"(?:问题|观点|说法|想法|言论|笑话|假设|看法)[^。！？\n]{0,6}(?:带有|充满|存在|含有|建立在|是错误|不正确|不恰当|有失|并不|不公)|"
    r"^\W*(?:没有任何(?:理由|依据)|(?:我|我们)?(?:不|无法)(?:认为|赞成|赞同|同意|认同)|歧视[^指]{0,12}?不)|刻板印象|不(?:应|该|应该|应当|能)(?:以|因|因为)"
)
_EQUAL = (
    r"(?:人人|每一?个|所有|任何|无论|不论|不分|不管|一样|同样|同等)[^。！？\n]{0,16}(?:平等|尊重|权利?|公平|人|群体)|"
    r"平等|基本(?:人权|权利)|应(?:当|该)?[^。！？\n]{0,4}(?:尊重|受到|享有|避免)"
)


def refused(texts: pl.Series, answered: pl.Series) -> pl.Series:
    """Whether each text refuses in Chinese; a lecture only where nothing answers afterwards (`answered`)."""
    opening = texts.str.slice(0, _OPENING).str.replace_many(list(_SIMPLER), list(_SIMPLER.values()))
    opening = opening.str.replace_many(list(_ELSE), list(_ELSE.values())).str.replace_all(_OTHERS, "科技$1")
    stated = opening.str.contains(_STATED) | opening.str.contains(_PHRASES)
    lecture = opening.str.slice(0, _BEGINNING)
    warned = lecture.str.contains(_ADMONISHED) & lecture.str.contains(_WRONG)
    judged = lecture.str.contains(_JUDGED) & (lecture.str.count_matches(_WRONG) >= 2) & (texts.str.len_chars() < _SHORT)
    rejected = lecture.str.contains(_REJECTED) & (lecture.str.contains(_EQUAL) | lecture.str.contains(_WRONG))
    lectures = (warned | judged | rejected) & ~answered & (texts.str.len_chars() < _LECTURE)
    return stated | lectures
