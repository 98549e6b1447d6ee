from __future__ import annotations

from datetime import date
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunec.runtime.ops.functions.pii import pii
from tunec.runtime.text.entities import addresses, joined
from tunec.runtime.text.names import named
from tunec.runtime.text.personal import KINDS, Kind, found
from tunec.runtime.text.phones import Phones


def places(text: str, wanted: Phones = "possible") -> list[tuple[str, str]]:
    lines = found(pl.Series([text]), KINDS, wanted)
    return [(kind, text[start:end]) for _, start, end, kind in lines.iter_rows()]


BODY = "q7Rk2Zt9Xw4Lm1Vb8Ns3"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7b\nq7Rk2Zt9Xw4Lm1Vb8Ns3\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "secret",
    [
        f"sk-{BODY}{BODY}", f"sk-proj-{BODY}-{BODY}", f"sk-ant-api03-{BODY}_{BODY}", f"ghp_{BODY}{BODY}"[:40],
        f"github_pat_{BODY}{BODY}", f"glpat-{BODY}", f"AKIA{BODY[:16].upper()}", f"LTAI5t{BODY[:18]}",
        f"AKID{BODY}{BODY}"[:36], f"xoxb-123456789012-{BODY}", f"AIza{BODY}{BODY}"[:39], f"hf_{BODY}{BODY}"[:37],
        f"sk_live_{BODY}", f"gsk_{BODY}{BODY}", f"xai-{BODY}{BODY}", f"ya29.{BODY}", f"123456789:AA{BODY}{BODY}"[:45],
        f"eyJhbGciOi{BODY}.eyJzdWIiOi{BODY}.{BODY}", PEM, PEM.partition("-----END")[0].rstrip(),
    ],
)  # fmt: skip
def test_secrets(secret: str) -> None:
    for text in (secret, f"密钥：{secret}", f'key = "{secret}"', f"use {secret} .")[: 1 if secret in PEM else 4]:
        assert places(text) == [("secret", secret)]


@pytest.mark.parametrize(
    "text",
    [
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "sk-your-key-goes-here-and-is-long", "ghp_" + "x" * 36,
        "AKIAIOSFODNN7EXAMPLE", "hf_token", "the task-management-with-sk-learn", "AIzawa",
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkq\n-----END PUBLIC KEY-----", "PRIVATE KEY",
        "risk-averse-investors-2024-and-more",
    ],
)  # fmt: skip
def test_what_is_no_secret(text: str) -> None:
    assert places(text) == []


@pytest.mark.parametrize(
    "text",
    ["去年收入13800000000元。", "市值13812345678万元", "共 13812345678 人次", "约13812345678吨", "13812345678人民币"],
)
def test_amounts_are_no_telephone_numbers(text: str) -> None:
    assert places(text) == []


@pytest.mark.parametrize("card", ["2200123456789019", "2204 9876 5432 1098"])
def test_cards_of_mir(card: str) -> None:
    from stdnum import luhn

    digits = card.replace(" ", "")[:-1]
    whole = digits + luhn.calc_check_digit(digits)
    assert places(f"карта {whole}") == [("credit_card", whole)]


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("Write to jo.smith+x@mail.corp.io.", "email", "jo.smith+x@mail.corp.io"),
        ("邮箱zhang.wei@qq.com，谢谢", "email", "zhang.wei@qq.com"),
        ("see (http://en.wikipedia.org/wiki/A_(b)).", "url", "http://en.wikipedia.org/wiki/A_(b)"),
        ("网址：https://foo.cn/abc（注释）", "url", "https://foo.cn/abc"),
        ("IBAN GB82 WEST 1234 5698 7654 32 and then", "iban", "GB82 WEST 1234 5698 7654 32"),
        ("de89370400440532013000", "iban", "de89370400440532013000"),
        ("pay with 4111 1111 1111 1111 now", "credit_card", "4111 1111 1111 1111"),
        ("5105-1051-0510-5100", "credit_card", "5105-1051-0510-5100"),
        ("身份证11010519491231002X。", "chinese_id", "11010519491231002X"),
        ("SSN 536-90-4399", "ssn", "536-90-4399"),
        ("from 86.231.85.193 today", "ip", "86.231.85.193"),
        ("at 4f8a:c99e:dc86:faf9:5988:5f63:375e:8a2a", "ip", "4f8a:c99e:dc86:faf9:5988:5f63:375e:8a2a"),
        ("MAC 00:1A:2B:3C:4D:5E", "mac", "00:1A:2B:3C:4D:5E"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("+44 20 7946 0958", "phone", "+44 20 7946 0958"),
        ("(732) 830-9763 is hers", "phone", "(732) 830-9763"),
        ("call 916.972.1680x22008!", "phone", "916.972.1680x22008"),
        ("手机号是13800138000，", "phone", "13800138000"),
        ("座机（0755）8888 8666", "phone", "（0755）8888 8666"),
        ("请拨打010-12345678联系", "phone", "010-12345678"),
        ("Phone: 9761 9808", "phone", "9761 9808"),
        ("96 228011 office", "phone", "96 228011"),
        ("电话:13800138000", "phone", "13800138000"),
        ("请打13800138000元旦见", "phone", "13800138000"),
        ("tel:+4930901820", "phone", "+4930901820"),
        ("IP:86.231.85.193", "ip", "86.231.85.193"),
        ("卡号501854133748，有效期", "credit_card", "501854133748"),
        ("JCB 213124824094651", "credit_card", "213124824094651"),
        ("4111 1111 1111 1111 12/25", "credit_card", "4111 1111 1111 1111"),
        ("ID 110105 19491231 002X", "chinese_id", "110105 19491231 002X"),
        ("tel=13800138000&x=1", "phone", "13800138000"),
        ("Tel13800138000", "phone", "13800138000"),
        ("张三-13800138000", "phone", "13800138000"),
        ("13800138000:张三", "phone", "13800138000"),
        ("call 212-684-4700 24 hours", "phone", "212-684-4700"),
        ("Phone 030/1234567", "phone", "030/1234567"),
        ("电话：(0571)87654321-8001，张经理", "phone", "(0571)87654321-8001"),
        ("电话0571-87654321-801", "phone", "0571-87654321-801"),
        ("contact no. 98765-43210", "phone", "98765-43210"),
        ("Order by phone: 0912 345 678", "phone", "0912 345 678"),
        ("server 10.0.0.5", "ip", "10.0.0.5"),
        ("jane@mail.io:hunter2", "email", "jane@mail.io"),
        ("写信给josé.garcía@correo.es吧", "email", "josé.garcía@correo.es"),
        ("jürgen@müller.de", "email", "jürgen@müller.de"),
        ("mac 001a.2b3c.4d5e", "mac", "001a.2b3c.4d5e"),
        # Who signs in stands with the address, and is not left beside it.
        ("at https://jo:pass@corp.io/x?token=1 now", "url", "https://jo:pass@corp.io/x?token=1"),
        ("DSN=postgres://admin:s3cret@db:5432/app", "url", "postgres://admin:s3cret@db:5432/app"),
        # What begins like an account number hides none that begins later.
        ("Nr12 transfer to DE89 3704 0044 0532 0130 00", "iban", "DE89 3704 0044 0532 0130 00"),
    ],
)
def test_places(text: str, kind: str, place: str) -> None:
    assert places(text) == [(kind, place)]


@pytest.mark.parametrize(
    "text",
    [
        "jane@example.com, http://localhost:8080/x and https://www.example.org",
        "GB82 WEST 1234 5698 7654 33",
        "4111 1111 1111 1112",
        "身份证110105194912310021",
        "SSN 000-12-3456",
        "127.0.0.1, 255.255.255.0, 192.0.2.7, version v1.2.3.4 and 1.2.3.4.5",
        "at 12:30:45 std::vec and abc::def",
        "12:30123456, 1:2345678",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        "the American Civil War (1861-1865), 2020-01-30, 30.01.2020",
        "π is 3.14159265, sales of 12 345 678, $1,234,567",
        "01110101 01100001 01110010",
        "52 58 40 26 and 10 20 30 100 200",
        "The letter arrived at 01 4589 40th Street.",
        "ISBN 978-1-5247-3855-7",
        "The tracking number for the package is 123-456-789.",
        "编号2021101512345，2021年10月15日",
        "git@github.com:a/b.git, deploy@host.io:srv/app.git and icon@2x.png",
        "version 91.0.44.12, 版本10.2.3.4, numpy==1.21.0.1, lib-1.2.3.4, v2.10.11.12 and section 1.2.3.4",
        "Convert the number 2.34567, then 12345.6789 and 52.0902.",
        "Your confirmation number is 12345678, his registration number is 2454806.",
        "1 - 2 + ... + 2001 - 2002 + 2003 - 2004 and (1998 + 1996)(1998 - 1996)",
        "Pi and e are 3.14159265,2.71828182; at 40.712776,-74.005974; 1,234,567,890",
        "Springfield, OH 05987-4734",
        "ISBN of The Great Gatsby, call me: 9780743273565",
        "13800138000韩元, 123456789 + 987654321 and part number 415-555-2671-A",
        "pages 1234–5678, １２３４５６７元, foo@1.2.30, 1234.5678.9012, dead.beef.cafe, 1 234 567,89 €",
        "",
    ],
)
def test_other_numbers(text: str) -> None:
    assert places(text) == []


WIDE = {ord(mark): chr(ord(mark) + 0xFEE0) for mark in "0123456789ABCDEabcdefgijlmopqrstuvwxyz@.-+X"}


@pytest.mark.parametrize(
    "place",
    [
        "a.b@corp.io", "4111 1111 1111 1111", "4111-1111-1111-1111", "11010519491231002X",
        "DE89 3704 0044 0532 0130 00", "536-90-4399", "86.231.85.193", "00-1A-2B-3C-4D-5E",
        "13800138000", "+86 138 0013 8000", "010-88545022",
        "(212) 684-4700", f"sk-{BODY}{BODY}",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "written", [WIDE, *({32: blank} for blank in "\u00a0\u202f\u3000"), *({45: h} for h in "‐‑–−－")]
)
def test_however_blanks_hyphens_and_digits_are_written(place: str, written: dict[int, str]) -> None:
    [(kind, _)] = places(place)
    other = place.translate(written)
    assert places(f"这是{other}，谢谢") == [(kind, other)]
    assert places(f"It is {other} here.") == [(kind, other)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("电话：010-88545022,010-88545360和010-88545361", ["010-88545022", "010-88545360", "010-88545361"]),
        ("电话010-88545022/88545023，传真", ["010-88545022", "88545023"]),
        ("13800138000 13900139000\t13700137000", ["13800138000", "13900139000", "13700137000"]),
        ("13800138000,13900139000;13700137000、13600136000",
         ["13800138000", "13900139000", "13700137000", "13600136000"]),
        ("+86 13800138000,+86 13900139000", ["+86 13800138000", "+86 13900139000"]),
        ("0755 88886666 13800138000", ["0755 88886666", "13800138000"]),
        ("(212) 684-4700,(212) 684-4701", ["(212) 684-4700", "(212) 684-4701"]),
        ("call 555 0199 or 555 0198", ["555 0199", "555 0198"]),
        ("Phone: (02) 2345-6789, 2345-6790", ["(02) 2345-6789", "2345-6790"]),
        ("電話：02-2345-6789、0912-345-678", ["02-2345-6789", "0912-345-678"]),
    ],
)  # fmt: skip
def test_every_number_of_a_list(text: str, numbers: list[str]) -> None:
    assert places(text) == [("phone", number) for number in numbers]


def test_every_card_of_a_list() -> None:
    found = places("4111111111111111,4242424242424242 5105 1051 0510 5100 4111 1111 1111 1111")
    assert [kind for kind, _ in found] == ["credit_card"] * 4


WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@given(
    st.sampled_from(["110105", "320623", "440399", "659001", "710000", "810000", "830000"]),
    st.dates(min_value=date(1900, 1, 1), max_value=date(2025, 1, 1)),
    st.integers(0, 999),
)
def test_every_chinese_number_with_a_right_checksum(county: str, born: date, order: int) -> None:
    body = f"{county}{born:%Y%m%d}{order:03}"
    # The check digit makes the weighted sum of all digits 1 modulo 11.
    rest = (1 - sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))) % 11
    number = body + ("X" if rest == 10 else str(rest))
    assert places(f"身份证号{number}。") == [("chinese_id", number)]
    wrong = body + str((rest + 1) % 10)
    assert ("chinese_id", wrong) not in places(f"身份证号{wrong}。")


def test_valid_numbers_only() -> None:
    assert places("(212) 684-4700 or 123-456-7890", "valid") == [("phone", "(212) 684-4700")]


def count(texts: list[str | None], kinds: list[Kind] | None = None) -> list[int | None]:
    frame = pl.DataFrame({"t": pl.Series(texts, dtype=pl.String)})
    return frame.select(pii(pl.col("t"), kinds=kinds or []))["t"].to_list()


def test_counts() -> None:
    assert count(["a@b.io c@d.cn 86.231.85.193", "none", "", None, "微信：13800138000"]) == [3, 0, 0, None, 1]
    assert count(["a@b.io c@d.cn 86.231.85.193"], ["ip"]) == [1]
    assert count([]) == []


@settings(max_examples=24, deadline=None)
@given(st.lists(st.none() | st.text(alphabet="0123456789 +-().@ab:/wX好，\n", max_size=60), max_size=8))
def test_places_lie_in_their_texts_and_not_over_each_other(texts: list[str | None]) -> None:
    series = pl.Series(texts, dtype=pl.String)
    lines = found(series, KINDS, "possible")
    assert lines.equals(found(series, KINDS, "possible"))
    end: dict[int, int] = {}
    for text, start, stop, _ in lines.iter_rows():
        assert end.get(text, 0) <= start < stop <= len(texts[text] or "")
        end[text] = stop
    assert [c is None for c in count(texts)] == [t is None for t in texts]


def test_many_places_of_a_text_that_is_one_line() -> None:
    text = "; ".join(f"call +49 30 9018{n:04} or mail a{n}@mail.io" for n in range(3000))
    assert count([text]) == [6000]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Send it to 12 Baker Street, please.", "12 Baker Street"),
        ("收货地址：上海市浦东新区世纪大道100号，谢谢", "上海市浦东新区世纪大道100号"),
        ("寄到臺北市信義區市府路45號。", "寄到臺北市信義區市府路45號"),
    ],
)
def test_addresses_where_they_are_asked_for(text: str, place: str) -> None:
    lines = found(pl.Series([text]), ["address"], "possible")
    assert [(text[start:end], kind) for _, start, end, kind in lines.iter_rows()] == [(place, "address")]
    assert places(text) == []


@pytest.mark.model
def test_persons_where_they_are_asked_for() -> None:
    text = "Yesterday Maria Lopez wrote to Peter Schmidt from jo@corp.io."
    lines = found(pl.Series([text, None]), ["person", "email"], "possible")
    assert [(text[start:end], kind) for _, start, end, kind in lines.iter_rows()] == [
        ("Maria Lopez", "person"), ("Peter Schmidt", "person"), ("jo@corp.io", "email"),
    ]  # fmt: skip
    assert places(text) == [("email", "jo@corp.io")]


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("My new address is 35 Kromwater 38, Zoetermeer 53144. Bye!", "address", "35 Kromwater 38, Zoetermeer 53144"),
        ("The office is at 96 Hausergasse 59 Apt. 787, Colle Di Tora, El Salvador 25900", "address",
         "96 Hausergasse 59 Apt. 787, Colle Di Tora, El Salvador 25900"),
        ("Lee\n16 Salontie 6\n Apt. 523\n Urjala\n Maldives 58673\n042 078 6381", "address",
         "16 Salontie 6\n Apt. 523\n Urjala\n Maldives 58673"),
        ("My zip code is 49865.", "address", "49865"),
        ("Unit 4181 Box 1281\nDPO AA 57553", "address", "Unit 4181 Box 1281\nDPO AA 57553"),
        ("in Rue de la Paix 12", "address", "Rue de la Paix 12"),
    ],
)  # fmt: skip
def test_addresses_by_the_words_around_them(text: str, kind: str, place: str) -> None:
    lines = found(pl.Series([text]), ["address"], "possible")
    assert [(found_, text[start:end]) for _, start, end, found_ in lines.iter_rows()] == [(kind, place)]


@pytest.mark.parametrize(
    "text",
    [
        "It is true that this rule 5 holds, via email 7 or beautiful. Firstly 3.",
        "The temperature is expected to stay at 70 degrees. It is located at the corner of the eye.",
        "沿着这条路一直走，第3条街右转。",
    ],
)
def test_no_addresses(text: str) -> None:
    assert found(pl.Series([text]), ["address"], "possible").height == 0


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dear Mr. Jacob van Gameren, thank you.", ["Mr. Jacob van Gameren"]),
        ("She named him Sean. Her maiden name is McCathie.", ["Sean", "McCathie"]),
        ("Hi Torben, I'm Karl Groß.", ["Torben", "Karl Groß"]),
        ("我叫李小明，今年八岁。", ["李小明"]),
        ("姓名：欧阳娜娜\n收件人：陳大文", ["欧阳娜娜", "陳大文"]),
        ("请联系王先生，谢谢。", ["王先生"]),
        ("王先生您好，我是您的客服。", ["王先生"]),
        ("Dear Sir, I am American and this is The End. Hello World! My name is String", []),
    ],
)
def test_names_by_the_words_around_them(text: str, names: list[str]) -> None:
    assert sorted(text[start:end] for start, end in joined(named(text))) == sorted(names)


@given(st.text(alphabet="Mr. IamdDear,HiAaé'\n?: 李先生叫我12号路", max_size=60))
def test_names_and_addresses_lie_in_their_texts_and_not_over_each_other(text: str) -> None:
    for spans in (joined(named(text)), joined(addresses(text))):
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


#: Issuers: prefix and length of the number.
CARDS = (
    ("4", 16), ("4", 13), ("4", 19), ("51", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16), ("65", 16),
    ("36", 14), ("3528", 16), ("2131", 15), ("1800", 15), ("5018", 12), ("6304", 13), ("6759", 16), ("6762", 19),
    ("62", 16), ("62", 19),
)  # fmt: skip


@given(st.sampled_from(CARDS), st.data())
def test_every_card_number_with_a_right_checksum(card: tuple[str, int], data: st.DataObject) -> None:
    prefix, length = card
    rest = data.draw(st.text("0123456789", min_size=length - len(prefix) - 1, max_size=length - len(prefix) - 1))
    body = prefix + rest
    # Luhn: from the right, every second digit twice, its digits added.
    total = sum(sum(divmod(int(d) * (2 - n % 2), 10)) for n, d in enumerate(reversed(body)))
    number = body + str(-total % 10)
    assert places(f"卡号{number}。") == [("credit_card", number)]
