"""Whether an answer refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.values import BoolExpr, TextExpr

#: A refusal comes first; what is said further down is content.
_HEAD = 300

_SORRY = (
    r"(?:(?:i['’]?m|i am)(?: (?:so|very|really|truly|terribly))? (?:sorry|afraid)|(?:my )?(?:sincere )?apologies|sorry|"
    r"i (?:sincerely )?apologi[sz]e|unfortunately|regrettably)[^.!?\n]{0,60}?"
)
_UNABLE = (
    r"(?:can(?:not| not|['’]?t)|(?:am|['’]m) (?:unable|not able|not allowed|not permitted|not programmed|not designed)"
    r" to|won['’]t(?: be able to)?|will not(?: be able to)?|must (?:respectfully )?decline to|(?:do not|don['’]t) have "
    r"(?:the (?:ability|capability|capacity|tools) to|access to)|(?:am|['’]m) not (?:capable of|comfortable))"
)
# What an assistant is asked for. `make it to your party` is none of it, and `help but` no help.
_SERVICE = (
    r"(?: (?:actually|directly|in good conscience|ethically|legally))? (?:assist|aid|provid|fulfil|compl(?:y|et)|"
    r"answer|engag|satisf|respond|generat|creat|produc|discuss|condon|participat|promot|encourag|support|endors|"
    r"help (?:you|with|anyone|people|someone|users|in)|help[.,!]|do (?:that|this|so|it)\b|"
    r"(?:give|offer|share|tell)(?: you)? (?:any |the |a |an |personal |medical |legal |financial )?"
    r"(?:advice|information|instructions|details|guidance|opinion|support|help)|continue with)"
)
# What only a program has to say that it cannot do.
_DEVICE = (
    r"(?: (?:actually|directly))? (?:access|brows|open|view|see|watch|hear|listen|download|upload|display|show|search|"
    r"draw|read|play|edit|insert|attach|physically|process|perform|writ|tell|find|identif|recogni[sz]|predict|"
    r"determin|translat|summari[sz]|analy[sz]|rewrit|classif|proofread|understand)"
)
_AN_AI = (
    r"as an? [^.!?,\n]{0,40}?(?:\bai\b|artificial intelligence|(?:large )?language model|chat ?bot|virtual assistant)"
    r"[^.!?\n]{0,100}?\bi(?: am|['’]m)? ?"
)
_MORE = (
    r"it(?: is|['’]?s| would be) (?:not (?:appropriate|ethical|safe|legal)|inappropriate|unethical)(?: (?:or|and) \w+)?"
    r" (?:for me )?to|that(?: is|['’]s) not something i can|"
    r"it(?: is|['’]?s) not within my (?:programming|capabilit|abilit)"
)
_TASK = r"(?:the|this|your) (?:task|request|question)\b[^!?\n]{0,150}?\b(?:cannot|can['’]?t|not possible)"
_ENGLISH = (
    rf"^\W*{_SORRY}i ?{_UNABLE}(?:{_SERVICE}|{_DEVICE})|^\W*i ?{_UNABLE}{_SERVICE}|{_AN_AI}{_UNABLE}|"
    rf"^\W*{_SORRY}(?:i must decline|{_MORE})|^\W*sorry[, ]+(?:but )?{_TASK}"
)

_CANNOT_ZH = r"(?:不能|无法|不可以|没有办法|没法|不便|没有能力|不具备|拒绝)"
_SERVICE_ZH = (
    r"(?:直接|继续|够|再)?(?:为|向|给|对|与|和|帮|替)?(?:您|你|用户)?(?:直接|继续)?(?:的|这个|该|此)?(?:提供|回答|回复|满足|协助|帮助|"
    r"完成|生成|执行|处理|参与|讨论|支持|访问|浏览|查看|打开|识别|继续|给出|编写|创作|写|撰写|做|理解|解答|翻译|分析|判断|预测|显示|"
    r"播放|下载|获取|搜索|执行|进行|编辑|确定|知道|推荐|请求|要求)"
)
_AN_AI_ZH = r"作为[^。！？\n]{0,12}?(?:人工智能|AI|ai|语言模型|机器人|智能助手|虚拟助手|计算机程序)[^。！？\n]{0,40}?"
_CHINESE = (
    r"^\W*(?:非常|很|十分|实在|真的|我)*(?:抱歉|对不起|不好意思|遗憾)[^。！？\n们]{0,30}?"  # not 我们: a letter
    rf"{_CANNOT_ZH}{_SERVICE_ZH}|"
    rf"^\W*(?:抱歉|对不起|很抱歉)[，,。\s]*我{_CANNOT_ZH}{_SERVICE_ZH}|"
    rf"^\W*我(?:是[^。！？\n]{{0,20}}[，,])?{_CANNOT_ZH}{_SERVICE_ZH}|"
    rf"{_AN_AI_ZH}{_CANNOT_ZH}"
)
_PATTERN = rf"(?i){_ENGLISH}|{_CHINESE}"


@operator(version=1, cost="scan", row_wise=True)
def refusal(text: TextExpr) -> BoolExpr:
    """Whether a response refuses the task, in English or Chinese.

    Looked for are the set phrases of language models at the start of the text: "I'm sorry, but I can't assist…", "As an
    AI language model, I am unable…", "I cannot provide…", "抱歉，我不能提供…", "作为一个人工智能语言模型，我无法…".
    An apology that belongs to a letter or a story is none.

    Args:
        text: the response; missing gives missing.

    Example:
        drop refusal(response) as refusals
    """
    return text.str.slice(0, _HEAD).str.contains(_PATTERN)
