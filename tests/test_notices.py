"""How announcements, lists of investors and orders are told, each on sentences of its own."""

from __future__ import annotations

import pytest

from extract import Pipeline
from extract.records import DealRecord


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(model=False)


def told(deal: DealRecord) -> tuple[str, list[str], list[str]]:
    return deal.type, [p.name for p in deal.investor], [p.name for p in deal.target]


@pytest.mark.parametrize(
    ("text", "deals"),
    [
        (  # what has shares is an organisation, whatever its characters
            "青禾集团完成收购青禾和鹰80%股权，收购价格为18.8亿元。",
            [("acquisition", ["青禾集团"], ["青禾和鹰"])],
        ),
        (  # the owner, and what is owned, behind a long description
            "桐川科技公告，公司拟以6亿元收购前湾云创持有的主营测温业务的沐岚商业30%的股权。",
            [("investment", ["桐川科技"], ["沐岚商业", "前湾云创"])],
        ),
        (  # a shareholder of the company whose notice it is
            "桐川股份公告，公司控股股东北岭集团自2月1日至4月30日，累计增持公司股份317万股，占总股本0.53%。",
            [("investment", ["北岭集团"], ["桐川股份"])],
        ),
        (  # an offer to its shareholders
            "沐岚包装公告，北岭资本向公司全体股东发出部分要约，要约收购股份数量为2.3亿股。",
            [("acquisition", ["北岭资本"], ["沐岚包装"])],
        ),
        (  # a unit without a name is its parent
            "桐川股份公告，公司全资子公司中标城东水务改造项目施工标段，中标金额3.17亿元。",
            [("procurement", [], ["桐川股份"])],
        ),
        (  # shareholders without a name sell, not the company
            "桐川股份公告，7名董事及高级管理人员计划减持公司股份合计不超过79万股。",
            [("divestment", [], ["桐川股份"])],
        ),
        (  # a shareholder named in front of what it is
            "寒武纪公告，中国移动作为公司第二大股东，拟减持公司股份200万股。",
            [("divestment", [], ["中国移动", "寒武纪"])],
        ),
        (  # each notice of a digest for its own company
            "桐川股份9月16日公告，公司股东北岭资本拟减持公司股份200万股。\n"
            "沐岚股份9月16日公告，公司股东云杉资本拟减持公司股份100万股。",
            [
                ("divestment", [], ["北岭资本", "桐川股份"]),
                ("divestment", [], ["云杉资本", "沐岚股份"]),
            ],
        ),
        (  # the list of leaders ends where another one begins
            "智谱完成B轮融资，领投方为腾讯和阿里巴巴，其它投资方还包括美团、软银，此外京东也参与了融资。",
            [("investment", ["腾讯", "阿里巴巴", "美团", "软银", "京东"], ["智谱"])],
        ),
        (  # a described party first in a list of investors
            "智谱完成A轮融资，投资方包括微软CEO以及英伟达、软银。",
            [("investment", ["微软", "英伟达", "软银"], ["智谱"])],
        ),
        (  # who orders buys
            "苹果正在向供应商鸿海和广达紧急追加大量订单。",
            [("procurement", ["苹果"], ["鸿海", "广达"])],
        ),
        (  # of several partners the first is one side
            "腾讯、阿里巴巴与美团联手成立合资公司，共同开发云平台。",
            [("partnership", ["腾讯"], ["阿里巴巴", "美团"])],
        ),
        (  # some is no if
            "中国中车公告，公司于近期签订了若干项重大合同，合计金额约516.4亿元。",
            [("procurement", [], ["中国中车"])],
        ),
    ],
)
def test_a_notice_tells_its_deals(
    pipeline: Pipeline, text: str, deals: list[tuple[str, list[str], list[str]]]
) -> None:
    found = [
        (kind, sorted(one), sorted(two)) for kind, one, two in map(told, pipeline.read(text).deals)
    ]
    assert found == [(kind, sorted(one), sorted(two)) for kind, one, two in deals]


def test_the_bracket_says_which_of_two_firms_a_name_means(pipeline: Pipeline) -> None:
    (deal,) = pipeline.read("OpenAI与超微（AMD）签下供货合约，超微将供应GPU。").deals
    assert {party.id for party in (*deal.investor, *deal.target)} == {"openai", "amd"}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("桐川科技打算动用4.2亿元，买下沐岚微电60%的股权。", "talks"),
        ("英伟达将按每股6.01美元的价格认购诺基亚10亿美元新股。", "announced"),
        ("英伟达入股OpenAI仍在洽谈。", "talks"),
        ("亚马逊先后投了Anthropic 80亿美元。", "completed"),
        ("戴尔透露，SK海力士已经向戴尔供货。", "completed"),
    ],
)
def test_a_cue_governs_the_word_behind_it(pipeline: Pipeline, text: str, status: str) -> None:
    (deal,) = pipeline.read(text).deals
    assert deal.status == status
