"""What a text is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunec.runtime.operator import operator

if TYPE_CHECKING:
    from tunec.runtime.context import Context
    from tunec.runtime.values import EmbedderSpec, TextColumn

PROTOTYPES: dict[str, tuple[str, ...]] = {
    "arts": (
        "painting, sculpture and the history of art",
        "music, songs, bands and instruments",
        "films, theatre and television series",
        "绘画、音乐、电影与艺术",
    ),
    "business": (
        "companies, marketing and advertising",
        "management, leadership and teamwork at work",
        "starting a business and selling products to customers",
        "企业管理、市场营销与创业",
    ),
    "economics": (
        "inflation, trade, taxes and the economy",
        "investing money in stocks, bonds and banks",
        "personal finance, loans and saving",
        "经济、金融、股票与投资",
    ),
    "education": (
        "schools, teachers, students and learning",
        "university admissions, exams and studying",
        "教育、学校、考试与学习方法",
    ),
    "environment": (
        "climate change, pollution and renewable energy",
        "forests, oceans and the protection of nature",
        "环境保护、气候变化与可再生能源",
    ),
    "everyday_life": (
        "household chores, cleaning, gardening and repairs at home",
        "family, friends and relationships",
        "clothes, fashion and shopping",
        "日常生活、家庭、购物与人际关系",
    ),
    "food": (
        "recipes, cooking and ingredients",
        "restaurants, meals and drinks",
        "healthy eating and diets",
        "菜谱、烹饪与美食",
    ),
    "geography": (
        "countries, capitals, rivers and mountains",
        "cities and their population on the map",
        "国家、城市、河流与地理",
    ),
    "health": (
        "diseases, symptoms, medicine and doctors",
        "exercise, fitness and sleep",
        "mental health, stress and anxiety",
        "健康、疾病、医学与锻炼",
    ),
    "history": (
        "wars, empires and revolutions of the past",
        "ancient civilizations and historical figures",
        "历史事件、古代王朝与历史人物",
    ),
    "language": (
        "grammar, spelling and parts of speech",
        "synonyms, idioms and the meaning of words",
        "sentences to edit, punctuate or translate",
        "语法、词汇、成语与翻译",
    ),
    "literature": (
        "novels, poems and their authors",
        "a story with characters, a plot and a moral",
        "小说、诗歌、作家与文学作品",
    ),
    "mathematics": (
        "equations, algebra and geometry",
        "arithmetic, percentages and word problems",
        "probability and statistics",
        "数学、方程、几何与概率",
    ),
    "philosophy": (
        "ethics, morality and the meaning of life",
        "religion, faith and belief",
        "哲学、伦理、宗教与人生意义",
    ),
    "politics": (
        "governments, elections and political parties",
        "laws, courts, rights and crime",
        "international relations and public policy",
        "政治、法律、政府与国际关系",
    ),
    "programming": (
        "computer code, functions and algorithms",
        "databases, web development and software bugs",
        "Python, Java, SQL and HTML",
        "编程、代码、算法与数据库",
    ),
    "science": (
        "physics, energy, forces and atoms",
        "chemistry, elements and reactions",
        "biology, cells, animals and plants",
        "planets, stars and space",
        "物理、化学、生物与天文",
    ),
    "society": (
        "culture, customs and social issues",
        "gender, equality and communities",
        "社会问题、文化与风俗",
    ),
    "sports": (
        "football, basketball, tennis and other games",
        "athletes, teams, matches and championships",
        "体育比赛、足球、篮球与运动员",
    ),
    "technology": (
        "artificial intelligence, robots and machine learning",
        "smartphones, computers and the internet",
        "engineering, machines and inventions",
        "人工智能、互联网与科技产品",
    ),
    "travel": (
        "holidays, hotels, flights and sightseeing",
        "places to visit and things to do on a trip",
        "旅游、景点、酒店与行程",
    ),
}


@operator(version=1, cost="embed", row_wise=True)
def topic(text: TextColumn, *, using: EmbedderSpec, ctx: Context) -> TextColumn:
    """What a text is about: the subject of the written description that is nearest to it.

    Subjects: `arts`, `business`, `economics`, `education`, `environment`, `everyday_life`, `food`, `geography`,
    `health`, `history`, `language`, `literature`, `mathematics`, `philosophy`, `politics`, `programming`, `science`,
    `society`, `sports`, `technology`, `travel`. The descriptions are English and Chinese; an English embedder does not
    do well on Chinese. Good for shares of a whole set, less so for one row.

    Args:
        text: missing or blank gives missing.
        using: the embedder.

    Example:
        set(meta.topic: topic(prompt, using: minilm))
    """
    from tunec.runtime.text.prototypes import nearest_name

    return nearest_name(ctx, using, text, PROTOTYPES, 1)
