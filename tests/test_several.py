"""Clauses that tell several deals in turn, and sentences whose parties stand elsewhere."""

from __future__ import annotations

import pytest

from extract import Pipeline
from extract.records import DealRecord

Told = tuple[str, list[str], list[str], str | None]


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(model=False)


def told(deal: DealRecord) -> Told:
    sides = ([p.name for p in side] for side in (deal.investor, deal.target))
    return deal.type, *sides, deal.amount.text if deal.amount else None  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "deals"),
    [
        (  # a sum for each party, in their order
            "亚马逊、英伟达、软银分别向OpenAI投资500亿美元、300亿美元、300亿美元。",
            [
                ("investment", ["亚马逊"], ["OpenAI"], "500亿美元"),
                ("investment", ["英伟达"], ["OpenAI"], "300亿美元"),
                ("investment", ["软银"], ["OpenAI"], "300亿美元"),
            ],
        ),
        (  # one sum for each
            "英伟达和软银各向OpenAI投资300亿美元。",
            [
                ("investment", ["英伟达"], ["OpenAI"], "300亿美元"),
                ("investment", ["软银"], ["OpenAI"], "300亿美元"),
            ],
        ),
        (  # a sum for each round of one company
            "智谱今年完成3轮融资，分别融资5亿美元、7亿美元和9亿美元。",
            [("investment", [], ["智谱"], sum_) for sum_ in ("5亿美元", "7亿美元", "9亿美元")],
        ),
        (  # the first pays the first
            "腾讯和阿里巴巴分别投资了月之暗面和智谱。",
            [
                ("investment", ["腾讯"], ["月之暗面"], None),
                ("investment", ["阿里巴巴"], ["智谱"], None),
            ],
        ),
        (  # both pay
            "英伟达和软银投资OpenAI 300亿美元。",
            [("investment", ["英伟达", "软银"], ["OpenAI"], "300亿美元")],
        ),
    ],
)
def test_a_clause_that_tells_several(pipeline: Pipeline, text: str, deals: list[Told]) -> None:
    assert [told(deal) for deal in pipeline.read(text, published="2026-05-20").deals] == deals


@pytest.mark.parametrize(
    ("text", "deals"),
    [
        (  # the subject stands behind the clause that prepares its own
            "在以3亿美元收购Rockset之后，OpenAI又投资了智谱。",
            [
                ("acquisition", ["OpenAI"], ["Rockset"], "3亿美元"),
                ("investment", ["OpenAI"], ["智谱"], None),
            ],
        ),
        (  # and its sum is its own
            "除收购Rockset外，OpenAI还以3亿美元收购了Statsig。",
            [
                ("acquisition", ["OpenAI"], ["Rockset"], None),
                ("acquisition", ["OpenAI"], ["Statsig"], "3亿美元"),
            ],
        ),
        (  # nor is the sum of a clause with a deal of its own that of the next
            "软银以65亿美元收购Ampere，英伟达则入股了诺基亚。",
            [
                ("acquisition", ["软银"], ["Ampere"], "65亿美元"),
                ("investment", ["英伟达"], ["诺基亚"], None),
            ],
        ),
        (
            "微软宣布投资Anthropic，Anthropic承诺采购300亿美元的Azure算力。",
            [
                ("investment", ["微软"], ["Anthropic"], None),
                ("procurement", ["Anthropic"], ["Azure"], "300亿美元"),
            ],
        ),
        (  # who talks of leading a round pays; an adviser or a leader may stand behind 为
            "国家大基金正在与DeepSeek洽谈主导其首轮融资事宜。",
            [("investment", ["国家大基金"], ["DeepSeek"], None)],
        ),
        (
            "Sarvam此次融资的领投方预计为红杉中国。",
            [("investment", ["红杉中国"], ["Sarvam"], None)],
        ),
        (
            "美国司法部为派拉蒙1110亿美元收购华纳兄弟开绿灯。",
            [("acquisition", ["派拉蒙"], ["华纳兄弟"], "1110亿美元")],
        ),
        (  # the word behind an amount is its own, whatever its bracket says
            "Cursor计划以超过500亿美元（约合3386亿元人民币）的投前估值融资约20亿美元。",
            [("investment", [], ["Cursor"], "约20亿美元")],
        ),
        (  # who sells is told by 从, 被, 与…就 and 将持有的
            "高盛从软银手中买下英伟达2%的股份。",
            [("investment", ["高盛"], ["英伟达", "软银"], None)],
        ),
        (
            "英伟达10%的股份被软银以58亿美元卖给高盛。",
            [("investment", ["高盛"], ["英伟达", "软银"], "58亿美元")],
        ),
        (
            "字节跳动与英特尔就收购Altera展开谈判。",
            [("acquisition", ["字节跳动"], ["Altera", "英特尔"], None)],
        ),
        (
            "软银将持有的英伟达股份全部出售，套现58亿美元。",
            [("divestment", [], ["软银", "英伟达"], "58亿美元")],
        ),
        (
            "软银与Ampere达成收购协议，作价65亿美元。",
            [("acquisition", ["软银"], ["Ampere"], "65亿美元")],
        ),
        (  # who leads may stand in front of the round
            "红杉中国领投，小米、美团跟投，智谱完成5亿元A1轮融资。",
            [("investment", ["红杉中国", "小米", "美团"], ["智谱"], "5亿元")],
        ),
        (  # who is asked for a loan lends
            "软银以所持ARM股份质押，向瑞穗银行借款85亿美元。",
            [("debt", ["瑞穗银行"], ["软银"], "85亿美元")],
        ),
        (  # a parent sells its unit
            "赛力斯拟以115亿元收购华为持有的引望10%股权，此前也收购过引望10%股权。",
            [("investment", ["赛力斯"], ["华为", "引望"], "115亿元")],
        ),
        (  # who founds a venture is named in the clause before
            "英伟达、微软与软银发布联合声明，已同意成立一家新合资公司。",
            [("partnership", ["英伟达"], ["微软", "软银"], None)],
        ),
        (  # who advises is no investor, and who leads pays
            "智谱完成数千万元A轮融资，投资方为红杉中国，云道资本担任独家财务顾问。",
            [("investment", ["红杉中国"], ["智谱"], "数千万元")],
        ),
        (  # the sum of one of them is not that of the round
            "智谱完成20亿美元融资。本轮融资由美团龙珠领投，中国移动等参投，其中龙珠就出手2亿美元。",
            [("investment", ["美团龙珠", "中国移动"], ["智谱"], "20亿美元")],
        ),
        (  # beside the leaders stands one more
            "智谱完成3亿元融资，本轮融资由红杉中国、五源资本联合领投，柠萌影视战略投资。",
            [("investment", ["红杉中国", "五源资本", "柠萌影视"], ["智谱"], "3亿元")],
        ),
        (  # new shares for a named subscriber, and the notice that tells of the issue
            "沐岚股份：拟定增募资不超35亿元\n"
            "沐岚股份公告，公司拟向关联方桐川科技有限公司发行不超过2.36亿股A股股票，募资不超35亿元。",
            [("investment", ["桐川科技有限公司"], ["沐岚股份"], "不超35亿元")],
        ),
        (  # what gives control afterwards is an acquisition
            "桐川股份公告，公司拟收购智谱20%股权，交易对价为3亿元。交易完成后，智谱成为公司的全资子公司。",
            [("acquisition", ["桐川股份"], ["智谱"], "3亿元")],
        ),
        (  # what is held afterwards is no deal
            "桐川股份公告，公司拟以9亿元收购智谱65%的股权，交易完成后，公司直接持有智谱75%股权。",
            [("acquisition", ["桐川股份"], ["智谱"], "9亿元")],
        ),
        (  # the two of a deal who go on together
            "英伟达宣布，将以15亿美元收购智谱。双方将携手合作，打造新的芯片。",
            [("acquisition", ["英伟达"], ["智谱"], "15亿美元")],
        ),
        (  # what has a price is bought
            "Anthropic与微软达成18亿美元算力合作。",
            [("procurement", ["Anthropic"], ["微软"], "18亿美元")],
        ),
        (  # who makes the goods does not sell them
            "微软向Nscale租用3万块英伟达公司的芯片。",
            [("procurement", ["微软"], ["Nscale"], None)],
        ),
        (  # items of a digest, each named at its head
            "1、①沐岚电路：拟定增募资不超8.5亿元。②桐川巨石：股东拟减持不超2%公司股份。",
            [
                ("ipo", [], ["沐岚电路"], "不超8.5亿元"),
                ("divestment", [], ["桐川巨石"], None),
            ],
        ),
        (  # a purchase of years ago is another one
            "2021年，现代汽车集团收购了波士顿动力80%的股份。如今现代汽车集团计划收购波士顿动力9.65%股份。",
            [
                ("acquisition", ["现代汽车集团"], ["波士顿动力"], None),
                ("investment", ["现代汽车集团"], ["波士顿动力"], None),
            ],
        ),
        (  # the leader beside one that has no name, and a list that a comma parts
            "智谱完成5亿元A轮融资。本轮由红杉中国及某互联网大厂联合领投，五源资本、柠萌影视，以及老股东美团跟投。",
            [("investment", ["红杉中国", "五源资本", "柠萌影视", "美团"], ["智谱"], "5亿元")],
        ),
        (  # who may join in a round, in front of whose it is
            "软银拟参与Sarvam的8亿美元融资轮。",
            [("investment", ["软银"], ["Sarvam"], "8亿美元")],
        ),
        (  # a clause for the sum of each payer
            "英伟达和微软一同宣布投资Anthropic，英伟达至多100亿美元，微软至多50亿美元。",
            [
                ("investment", ["英伟达"], ["Anthropic"], "至多100亿美元"),
                ("investment", ["微软"], ["Anthropic"], "至多50亿美元"),
            ],
        ),
        (  # the payers of the headline, each with a sum in the body
            "微软、英伟达联手投资Anthropic\n微软将向Anthropic投资至多50亿美元，英伟达将投资至多100亿美元。",
            [
                ("investment", ["微软"], ["Anthropic"], "至多50亿美元"),
                ("investment", ["英伟达"], ["Anthropic"], "至多100亿美元"),
            ],
        ),
        (  # the holders of shares who sign sell
            "桐川股份公告，公司与智谱股东红杉中国、五源资本签署了《收购协议》，拟收购智谱51%的股权。",
            [("acquisition", ["桐川股份"], ["智谱", "红杉中国", "五源资本"], None)],
        ),
        (  # those who are asked sell
            "桐川股份公告，公司拟向红杉中国等12名交易对方收购智谱100%股份。",
            [("acquisition", ["桐川股份"], ["智谱", "红杉中国"], None)],
        ),
        (  # a later clause names who sells
            "软银同意以65亿美元收购Ampere，卖方凯雷和甲骨文将交出股份。",
            [("acquisition", ["软银"], ["Ampere", "凯雷", "甲骨文"], "65亿美元")],
        ),
        (  # a business without a name of its own is what is bought
            "英特尔同意将其闪存业务以90亿美元出售给SK海力士。",
            [("acquisition", ["SK海力士"], ["英特尔", "闪存业务"], "90亿美元")],
        ),
        (  # and of whom it is bought sells
            "软银54亿美元收购ABB机器人业务。",
            [("acquisition", ["软银"], ["ABB机器人业务", "ABB"], "54亿美元")],
        ),
        (  # rounds that are told together, and then each
            "智谱近期连续完成种子轮及天使轮融资，总额达5000万元。其中，种子轮由红杉中国独家投资，天使轮由五源资本独家投资。",
            [
                ("investment", ["红杉中国", "五源资本"], ["智谱"], "5000万元"),
                ("investment", ["红杉中国"], ["智谱"], None),
                ("investment", ["五源资本"], ["智谱"], None),
            ],
        ),
        (  # each in a round of its own
            "美团和阿里巴巴分别在A轮、A+轮领投智谱。",
            [
                ("investment", ["美团"], ["智谱"], None),
                ("investment", ["阿里巴巴"], ["智谱"], None),
            ],
        ),
        (  # who invested once does not pay in this round
            "红杉中国押注过的智谱完成3亿元融资。",
            [("investment", [], ["智谱"], "3亿元")],
        ),
        (  # nor does who did before
            "继大疆投资后，智谱再获3亿元融资。",
            [("investment", [], ["智谱"], "3亿元")],
        ),
        (  # a later clause tells what goes into a venture
            "华为与赛力斯签署合资协议，共同出资5亿元设立新公司。",
            [("partnership", ["华为"], ["赛力斯"], "5亿元")],
        ),
        (  # and a later sentence how much is issued
            "Alphabet计划首次发行日元债券。知情人士透露，本次发行规模预计达3000亿日元。",
            [("debt", [], ["Alphabet"], "3000亿日元")],
        ),
        (  # of two that cooperate, the one that adopts buys
            "AMD已与Anthropic达成合作，后者计划采用MI450加速器。",
            [("procurement", ["Anthropic"], ["AMD"], None)],
        ),
        (  # a unit without a name is its parent
            "沐岚重工公告，公司与华为下属子公司签署服务器供货合同，合同总金额3亿元。",
            [("procurement", ["华为"], ["沐岚重工"], "3亿元")],
        ),
        (  # units of several houses are one list
            "智谱发生工商变更，新增腾讯旗下沐岚科技有限公司、百度旗下桐川科技有限公司为股东。",
            [("investment", ["沐岚科技有限公司", "桐川科技有限公司"], ["智谱"], None)],
        ),
        (  # two sign, and then tell what they will do
            "小鹏汽车与大众汽车签署协议，将联合开发电子电气架构。",
            [("partnership", ["小鹏汽车"], ["大众汽车"], None)],
        ),
        (  # who talk of investing together both pay
            "腾讯和阿里巴巴正洽谈投资DeepSeek。",
            [("investment", ["腾讯", "阿里巴巴"], ["DeepSeek"], None)],
        ),
        (  # more than half afterwards is control
            "桐川股份公告，公司拟以1.75亿元受让智谱33.5%股权，交易完成后，公司合计持有智谱51%股权。",
            [("acquisition", ["桐川股份"], ["智谱"], "1.75亿元")],
        ),
        (  # who borrows is the parent, not the unit that tells whose parent it is
            "谷歌母公司Alphabet计划发行30亿美元债券。",
            [("debt", [], ["Alphabet"], "30亿美元")],
        ),
        (  # a fee is the price of a contract, and what it comes to in a year is the same
            "SpaceX与谷歌签署云服务协议，费用为每月9.2亿美元，相当于每年110亿美元。",
            [("procurement", ["SpaceX"], ["谷歌"], "每月9.2亿美元")],
        ),
        (  # an exact sum says more than a vague one
            "Anthropic考虑筹集数百亿美元。这轮融资金额最高可达500亿美元。",
            [("investment", [], ["Anthropic"], "最高可达500亿美元")],
        ),
        (  # who is asked for money pays
            "智谱去年底计划向红杉中国融资2亿元。",
            [("investment", ["红杉中国"], ["智谱"], "2亿元")],
        ),
    ],
)
def test_where_the_parties_stand(pipeline: Pipeline, text: str, deals: list[Told]) -> None:
    assert [told(deal) for deal in pipeline.read(text, published="2026-05-20").deals] == deals


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("SpaceX在纳斯达克挂牌上市。", "completed"),
        ("SpaceX将在纳斯达克挂牌上市。", "announced"),
        ("宇树科技科创板IPO将于6月1日上会，拟募资42亿元。", "announced"),
        ("Anthropic最快将于本周完成最新一轮300亿美元融资。", "talks"),
        ("软银曾试图收购Cerebras，但遭到了拒绝。", "terminated"),
        (
            "桐川股份拟以5亿元收购智谱60%股权。因双方未达成一致，公司决定终止本次收购。",
            "terminated",
        ),
        ("针对软银将以15亿元收购智谱的传闻，智谱今天回应称纯属误传。", "terminated"),
        ("传出的软银收购智谱一事，就此不再推进。", "terminated"),
        ("桐川股份公告，筹划控制权变更事项。", "talks"),
        ("SpaceX的IPO招股说明书最快可能于下周发布。", "talks"),
        ("华为与赛力斯完成签约，达成战略合作。", "announced"),
        ("Anthropic刚宣布一轮300亿美元的融资。", "announced"),
        ("5月18日，英伟达宣布：将投资OpenAI 100亿美元。", "announced"),
        ("桐川股份公告，公司持有智谱2%的股份。", "completed"),
        ("软银已收购Ampere。", "completed"),
        ("软银宣布已收购Ampere。", "completed"),
        ("软银已同意收购Ampere。", "announced"),
        ("同花顺公告，股东拟合计减持不超0.54%股份。", "talks"),
    ],
)
def test_how_far_a_deal_has_come(pipeline: Pipeline, text: str, status: str) -> None:
    assert [d.status for d in pipeline.read(text, published="2026-05-20").deals] == [status]


BODY = "智谱完成5亿元A轮融资。本轮融资由红杉中国领投。资金将用于研发。"


@pytest.mark.parametrize(
    ("foot", "many"),
    [
        ("月之暗面融资3亿美元估值翻倍了\n英伟达以5亿美元收购了视频搜索公司Pika", 1),
        ("月之暗面融资3亿美元估值翻倍了。\n英伟达以5亿美元收购了视频搜索公司Pika。", 3),
        ("英伟达以5亿美元收购了视频搜索公司Pika", 2),  # one line alone may be the last of the text
    ],
)
def test_titles_of_other_articles_at_the_foot(pipeline: Pipeline, foot: str, many: int) -> None:
    found = pipeline.read(f"{BODY}\n{foot}", published="2026-05-20").deals
    assert len(found) == many
    assert told(found[0]) == ("investment", ["红杉中国"], ["智谱"], "5亿元")


def test_a_business_is_told_in_the_words_of_the_text(pipeline: Pipeline) -> None:
    text = "英特爾同意將其快閃記憶體業務以90億美元出售給SK海力士。"
    (deal,) = pipeline.read(text, published="2026-05-20").deals
    (business,) = (party for party in deal.target if party.role == "acquiree")
    assert business.name == "快閃記憶體業務"
    assert [text[m.start : m.end] for m in business.mentions] == [business.name]
