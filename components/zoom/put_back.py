"""Zoom Put Back: the real words, before something else than our own components tells people."""

from __future__ import annotations

from typing import Any

from lfx.custom import Component
from lfx.io import HandleInput, Output
from lfx.schema.data import Data
from lfx.schema.message import Message

# region shared/compiled_once (written by 'zoom-bridge flows build')


def compiled_once(name: str, text: str, *needs: Any) -> Any:
    """The module of a piece's text.

    Langflow compiles a component's source anew in each run. What stands in a text is spared that: the module is
    kept under its content, so that an edited text is another module.

    Args:
        name: What the piece is called in tracebacks.
        text: Its source.
        needs: Modules of other pieces, whose names it uses.
    """
    from hashlib import sha256
    from linecache import cache as sources
    from sys import modules
    from types import ModuleType

    content = "\0".join([text, *(need.__name__ for need in needs)])
    title = f"zoom_shared_{name}_{sha256(content.encode()).hexdigest()[:16]}"
    known = modules.get(title)
    if getattr(known, "is_whole", False):
        return known
    module: Any = ModuleType(title)
    for need in needs:
        vars(module).update({key: value for key, value in vars(need).items() if not key.startswith("__")})
    vars(module)["is_whole"] = False
    modules[title] = module  # dataclasses look their module up; another thread makes one of its own
    sources[f"<{title}>"] = (len(text), None, text.splitlines(keepends=True), f"<{title}>")
    exec(compile(text, f"<{title}>", "exec", dont_inherit=True), vars(module))
    module.is_whole = True
    return module


# endregion

# region shared/schemas (written by 'zoom-bridge flows build')
# fmt: off
_schemas = compiled_once(
    'schemas', r'''
"""What the components of a flow hand each other: names, of which a change of form gets another, and what they tell."""

from __future__ import annotations

from typing import Any, Final

CONTEXT_SCHEMA: Final = "zoom-context/1"
INSIGHTS_SCHEMA: Final = "zoom-insights/1"
NEWS_SCHEMA: Final = "zoom-news/1"
TEXT_STREAM: Final = "text-"
"""How the stream id begins of what somebody typed or pasted."""


def is_typed(context: dict[str, Any]) -> bool:
    """Whether somebody typed or pasted this, rather than said it in a meeting."""
    return str(context["stream_id"]).startswith(TEXT_STREAM)


APPROVED: Final = ("insights", "summary", "notes", "open", "language", "of")
"""Parts of what somebody approved; ``of`` is the kind of the window that it was found in."""


def approved_in(context: dict[str, Any]) -> dict[str, Any]:
    """What somebody approved, as parts of insights and news; nothing in windows of other kinds."""
    approved = context.get("approved") or {}
    return {name: approved[name] for name in APPROVED if name in approved}


def awaits_approval(meeting: dict[str, Any]) -> bool:
    """Whether nothing may go out before somebody approves it."""
    return bool(meeting.get("approve"))


REHEARSAL_SESSION: Final = "zoom-rehearsal-"
"""How the sessions of ``zoom-bridge replay`` begin: what has no window, such as a tool of an Agent, knows it by that."""


def is_rehearsal(meeting: dict[str, Any], session_id: str) -> bool:
    """Whether nothing may happen outside: the window says so, or the session's name does."""
    return bool(meeting.get("rehearsal")) or session_id.startswith(REHEARSAL_SESSION)
''',
)
# fmt: on
# endregion

# region shared/message_table (written by 'zoom-bridge flows build')
# fmt: off
_message_table = compiled_once(
    'message_table', r'''
"""What a component keeps between its runs: rows of Langflow's message table, in a session beside the meeting's.

A component object lives for one run; the message table is what all runs, and all workers of a server, see. The rows
stand in the session ``<session>:memory``, so that neither the Playground's chat nor a model's chat memory has them,
and ``zoom-bridge`` deletes them with the meeting. A run of somebody whom Langflow does not know keeps nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from lfx.memory import aget_messages, astore_message, aupdate_messages, delete_message
from lfx.schema.message import Message

LONGEST_WRITE_SECONDS: Final = 10.0
"""How long a cancelled run waits for what it is writing."""
HALF: Final = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class Row:
    """One row: what it is about, and what it says."""

    name: str
    content: Any = field(repr=False)
    stored_at: str
    """When it was stored, UTC, written so that text order is time order."""
    message: Message = field(repr=False)

    @property
    def id(self) -> str:
        """Its id in the table; empty where Langflow keeps nothing of this run."""
        return str(self.message.id) if self.message.has_id() else ""


@dataclass(frozen=True)
class Rows:
    """The rows of one topic of a meeting, such as ``zoom-ledger:action-items``.

    What is written is written to its end, also where Langflow cancels the run meanwhile. The table cannot refuse a
    second row of the same name: whoever needs to be the only one looks once more after it has written.
    """

    session_id: str
    """The meeting's."""
    topic: str

    async def all(self, name: str | None = None) -> list[Row]:
        """Give the rows, or those of one name, oldest first."""
        return [row_of(message) for message in await self._messages(name, "ASC", None)]

    async def newest(self, number: int) -> list[Row]:
        """Give the newest rows, the newest first."""
        return [row_of(message) for message in await self._messages(None, "DESC", number)]

    async def first(self, name: str) -> Row | None:
        """Give the row of this name; of several the oldest, so that everybody has the same."""
        found = await self._messages(name, "ASC", 1)
        return row_of(found[0]) if found else None

    async def add(self, name: str, content: Any) -> Row:
        """Write a row; ``name`` may not be empty."""
        message = Message(
            text=as_text(content),
            sender="Machine",
            sender_name=name,
            session_id=f"{self.session_id}:memory",
            context_id=self.topic,
        )
        [stored] = await to_its_end(astore_message(message))
        return Row(name=name, content=content, stored_at=str(stored.timestamp), message=stored)

    async def change(self, row: Row, content: Any) -> None:
        """Write a row anew."""
        if row.id:
            row.message.text = as_text(content)
            await to_its_end(aupdate_messages([row.message]))

    async def remove(self, row: Row) -> None:
        """Take a row away; one that is gone is no error."""
        if row.id:
            await to_its_end(delete_message(row.id))

    async def _messages(self, name: str | None, order: str, limit: int | None) -> list[Message]:
        found: list[Message] = await aget_messages(
            session_id=f"{self.session_id}:memory",
            context_id=self.topic,
            sender_name=name,
            order=order,
            limit=limit,
        )
        return found


def row_of(message: Message) -> Row:
    """Read what :meth:`Rows.add` wrote."""
    return Row(
        name=str(message.sender_name),
        content=json.loads(str(message.text)),
        stored_at=str(message.timestamp),
        message=message,
    )


def as_text(content: Any) -> str:
    """Write JSON as short as it can be; where halves of characters are in it, which no database takes, in ASCII."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() or HALF.search(text) is None else json.dumps(content)


async def to_its_end(work: Any) -> Any:
    """Wait for a piece of work that goes on to its end even where the run is cancelled.

    A cancelled run ends after it, so that nothing comes behind its back; it waits ``LONGEST_WRITE_SECONDS`` at most.
    """
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        until = loop.time() + LONGEST_WRITE_SECONDS
        while not task.done() and loop.time() < until:
            with contextlib.suppress(asyncio.CancelledError):  # cancelled once more; the work is what matters
                await asyncio.wait([task], timeout=until - loop.time())
        if task.done() and not task.cancelled():
            task.exception()  # what became of the work is of no use to a run that is over
        raise
''',
)
# fmt: on
# endregion

# region redaction/japanese_names (written by 'zoom-bridge flows build')
# fmt: off
_japanese_names = compiled_once(
    'japanese_names', r'''
"""Japanese names: known by what follows them, and by lists where nothing does."""

from __future__ import annotations

import re
from typing import Final

FAMILIES: Final = frozenset(
    """佐藤 鈴木 高橋 田中 伊藤 渡辺 渡邊 渡邉 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 斉藤 齋藤 齊藤 清水 山崎 森 池田 橋本 阿部 石川 山下 中島 中嶋 石井 小川 前田 岡田
        長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 福田 太田 西村 藤井 金子 岡本 藤原 三浦 中野 原田 中川 松田 竹内 小野 田村 中山 和田 石田 森田 上田 原 内田 柴田 酒井 宮崎 横山 高木 安藤 宮本
        大野 小島 谷口 今井 工藤 高田 増田 丸山 杉山 村田 大塚 新井 小山 平野 藤本 河野 上野 野口 武田 松井 千葉 菅原 岩崎 久保 木下 佐野 野村 松尾 市川 菊地 菊池 古川 杉本 西田 大西 島田 水野
        桜井 高野 渡部 吉川 山内 西川 五十嵐 北村 安田 川口 平田 中田 川崎 東 飯田 本田 本多 久保田 吉村 服部 岩田 沢田 辻 関 川上 富田 樋口 永井 松岡 土屋 荒木 大谷 内藤 小松 黒田 松下 望月 田口
        浅野 大橋 石原 尾崎 岡 須藤 須田 矢野 広瀬 廣瀬 早川 大島 荒井 児玉 成田 小池 松村 八木 熊谷 小沢 小澤 関口 星野 堀 堀内 堀江 西 南 北川 篠原 片山 片岡 栗原 岡崎 奥村 吉岡 田辺 大久保 菅
        平井 平山 三宅 石塚 福島 福井 福本 小田 小西 神田 宮田 宮川 白石 根本 榎本 青山 川村 川島 川田 上原 植田 植村 浜田 濱田 今村 坂口 秋山 秋元 横田 森本 森山 飯塚 大森 大川 大石 馬場 桑原
        田代 梅田 梅原 宇野 江口 黒木 塚本 戸田 徳永 富永 永田 中西 中井 中尾 長田 西山 西尾 野田 野崎 萩原 萩野 橋口 畑中 松原 松永 松浦 三好 宮内 村井 村山 本間 柳田 柳沢 山岸 山中 山根 吉野
        吉本 米田 若林 渋谷 澤田 沢井 高山 高島 滝沢 竹田 竹中 武井 田島 田原 辻本 土井 土田 寺田 東海林 小野寺""".split()
)
"""Common family names."""
PLAIN_WORDS: Final = frozenset(
    """林 森 原 東 西 南 岡 関 堀 辻 菅 千葉 宮崎 福島 福井 山口 石川 青森 川崎 岡崎 岡山 長崎 神田 渋谷 上野 中野 大塚 青山 大西 大島 成田 福田 中島 大橋 小島 水野 中川 上原 山中 山根 高田
        和田 平野 中田 中山 高木 大石 小川 大川 白石 広島 望月 上田 梅田 前田 本間 新井 服部 東海林 児玉 北川""".split()
)
"""Those of them that are places or words too: by themselves they name nobody who is not on the roster."""
GIVENS: Final = frozenset(
    """健太 健一 健二 健 大輔 翔太 翔 拓也 拓海 直樹 直人 直子 直美 達也 和也 和子 和夫 哲也 誠 浩 浩二 浩一 博 隆 修 剛 学 豊 明 明美 正 茂 進 勇 勝 実 美咲 美穂 美香 美紀 美和 優子 優
        優奈 陽子 陽菜 陽太 陽一 裕子 裕介 裕太 由美 由美子 由紀 恵子 恵 恵美 幸子 京子 洋子 洋平 洋介 久美子 智子 真由美 真理子 真理 麻衣 麻美 愛 愛子 彩 彩香 綾 綾香 花子 桜 さくら 太郎 一郎
        二郎 次郎 三郎 花 葵 蓮 悠真 悠斗 結衣 結菜 結愛 莉子 凛 楓 大翔 陸 颯太 蒼 湊 千尋 千夏 千春 亮 亮太 亮介 涼 涼太 淳 純 純子 順子 順一 俊介 俊 聡 聡子 慎一 慎也 真一 信也 信夫 雄太
        雄一 祐介 航 香織 香 詩織 沙織 里美 里奈 理恵 理沙 絵里 絵美 奈々 奈美 菜々子 春香 遥 遥香 夏美 秋子 冬美 翼 康介 康平 圭介 啓介 晃 篤司 治 あすか 七夏 加奈 舞 充 知実 稔 裕美子 陽介 零
        学 太一 美加子""".split()
)
"""Common given names."""
HONORIFICS: Final = (
    "さん", "さま", "様", "くん", "君", "ちゃん", "氏", "殿", "先生", "先輩", "部長", "課長", "社長", "係長", "主任", "次長", "本部長",
    "専務", "常務", "取締役", "教授", "博士", "店長", "室長", "リーダー", "マネージャー",
)  # fmt: skip
"""Behind a name."""
_TITLE: Final = "|".join(sorted(HONORIFICS, key=len, reverse=True))
_HONOURED: Final = re.compile(
    rf"(?P<name>(?:[\u3400-\u9fff々ヶ]{{1,8}}?|[ァ-ヴー・]{{2,16}}|[A-Za-z]{{2,20}}|[\u3041-\u3094]{{2,4}}?))\s?(?P<title>{_TITLE})(?![方達])"
)
_KANJI_RUN: Final = re.compile(r"[\u3400-\u9fff々ヶ]{1,40}")
_HUMBLE: Final = re.compile(
    r"(?P<name>[\u3400-\u9fff々ヶ]{2,6}|[ァ-ヴー・]{2,16})(?=と申します|ともうします|と言います|といいます|でございます)"
)
NOBODY: Final = frozenset(
    """皆 客 奥 娘 息子 母 父 兄 姉 弟 妹 孫 叔父 叔母 爺 婆 神 王 仏 殿 患者 担当者 担当 お客 仲間 学生 社員 業者 店員 医者 看護師 運転手 隊員 職員 部員 議員 会員 利用者 関係者 参加者 各位
        得意先 取引先 先方 御社 貴社 会社 企業 部 課 営業 人事 総務 経理 開発 技術 企画 広報 法務 財務 製造 品質 購買 情報 事業 支店 副 代表 前 元 新 現 統括 執行 担当 工場 研究 学 小学 数学
        英語 国語 家庭 担任 大 名誉 准 助 同 両 各 某 彼 何 諸 主 女 男 若 店 機械 皆々 受付 保守 物流 運用 東京 大阪 名古屋 福岡 札幌 京都 海外 国内 管理 設計 生産 販売 調達 監査 経営 戦略
        本 昨日 明日 今日 来週 先週 今週""".split()
)
"""What stands before these words and names nobody."""
NOBODY_KANA: Final = frozenset(
    """みな おきゃく おかあ おとう おにい おねえ おじい おばあ おば おじ たく たくさ あか ユーザー メンバー スタッフ クライアント エンジニア デザイナー オーナー リーダー ボス ベンダー チーム グループ
        プロジェクト エリア セールス アルバイト パートナー テナント ホスト ゲスト サブ チーフ シニア ジュニア マーケティング""".split()
)
LONGEST_FAMILY: Final = 3


def honoured_names(text: str) -> list[tuple[int, int]]:
    """Where somebody is named with a title behind the name, or names oneself."""
    found = []
    for match in [*_HONOURED.finditer(text), *_HUMBLE.finditer(text)]:
        name = match["name"]
        start = match.start("name")
        if "\u3400" <= name[0] <= "\u9fff":
            begun = _name_begin(text, start, match.end("name"))
            is_role = match.groupdict().get("title", "") in _ROLES
            name = text[begun : match.end("name")]
            if _is_nobody(name) or (is_role and name[-2:] in NOBODY):
                continue
            found.append((begun, match.end("name")))
        elif not any(name.endswith(word) for word in NOBODY_KANA) and (
            not "\u3041" <= name[0] <= "\u3094" or name in GIVENS
        ):
            found.append((start, match.end("name")))
    return found


_ROLES: Final = frozenset(HONORIFICS) - {"さん", "さま", "様", "くん", "君", "ちゃん", "氏", "殿"}


def _is_nobody(name: str) -> bool:
    return any(name.endswith(word) for word in NOBODY) and split_name(name)[0] not in FAMILIES


def _name_begin(text: str, start: int, end: int) -> int:
    """Where a name begins whose run of Han characters may begin with other words."""
    run = text[start:end]
    splits = [at for at in range(len(run)) if split_name(run[at:])[0] in FAMILIES and len(run) - at <= 5]
    if splits:
        best = splits[0]
        rest = run[best + len(split_name(run[best:])[0]) :]
        if len(rest) <= 3:
            return start + best
    if run in GIVENS or len(run) <= 3:
        return start
    for length in (3, 2):
        if run[-length:] in GIVENS:
            return end - length
    return end - 2


def listed_names(text: str) -> list[tuple[int, int]]:
    """Where a common family name stands that is nothing else, with the given name behind it."""
    found = []
    for run in _KANJI_RUN.finditer(text):
        at = run.start()
        while at < run.end():
            length = _family_length(text, at, run.end())
            if not length:
                at += 1
                continue
            given = _given_length(text, at + length, run.end())
            if given or text[at : at + length] not in PLAIN_WORDS:
                found.append((at, at + length + given))
            at += length + given
    return found


def _family_length(text: str, at: int, end: int) -> int:
    return next((length for length in (3, 2) if at + length <= end and text[at : at + length] in FAMILIES), 0)


def _given_length(text: str, at: int, end: int) -> int:
    return next(
        (length for length in (3, 2, 1) if at + length <= end and text[at : at + length] in GIVENS), 0
    )


def split_name(name: str) -> tuple[str, str]:
    """A name without a space as family name and given name; the latter is empty where it does not tell."""
    for length in range(LONGEST_FAMILY, 0, -1):
        if name[:length] in FAMILIES:
            return name[:length], name[length:]
    return name, ""
''',
)
# fmt: on
# endregion

# region redaction/phrases (written by 'zoom-bridge flows build')
# fmt: off
_phrases = compiled_once(
    'phrases', r'''
"""Texts that are looked for as they stand, however many they are."""

from __future__ import annotations

from collections.abc import Iterator


class Phrases:
    """Texts that are looked for, and what each of them means. More may be added at any time."""

    def __init__(self) -> None:
        self.meanings: dict[str, tuple[str, str]] = {}
        self._lengths: dict[str, set[int]] = {}

    def add(self, phrase: str, meaning: tuple[str, str] = ("", "")) -> None:
        """Look for a text as well; what was first added of it counts."""
        if phrase and phrase not in self.meanings:
            self.meanings[phrase] = meaning
            self._lengths.setdefault(phrase[0], set()).add(len(phrase))

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where any of them stands in a text; some may overlap."""
        for at, letter in enumerate(text):
            for length in self._lengths.get(letter, ()):
                if text[at : at + length] in self.meanings:
                    yield at, at + length
''',
)
# fmt: on
# endregion

# region redaction/persons (written by 'zoom-bridge flows build')
# fmt: off
_persons = compiled_once(
    'persons', r'''
"""Who is meant by a name: the same person however it is written, and nobody where two are possible."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final




NAME_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]{2,})*")
"""A word of a name; a possessive's ``'s`` is none of it."""
NO_PART: Final = frozenset(
    """and conference da das de del der di do dos du el external gast guest herr host invitado iphone ipad la le les
        mac meeting mobile mr mrs ms of phone pixel room the und unknown van von y zoom zu android galaxy laptop macbook
        pro user speaker ext inc gmbh ltd llc dr prof""".split()
)
"""Words of display names that name nobody by themselves."""
UNSPACED_NAME: Final = re.compile("[\u3400-\u9fff\u3040-\u30ff々ヶ]+")
MOST_SPOKEN_OF: Final = 1_000
"""Persons beyond whom nobody gets a number who is only spoken of."""
MOST_PERSONS: Final = 2_000
"""Persons beyond whom nobody gets one: those who only chat made-up names leave room for those who are there."""
LONGEST_DISPLAY_NAME: Final = 200
"""Characters of a name beyond which it gets none."""
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）")


@functools.lru_cache(maxsize=16384)
def plain(word: str) -> str:
    """A word in small letters without accents."""
    small = word.casefold()
    if small.isascii():
        return small
    letters = unicodedata.normalize("NFKD", small)
    if any("\u3040" <= letter <= "\u30ff" for letter in letters):
        return unicodedata.normalize("NFKC", small)  # a voiced kana is a letter of its own
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def spellings(word: str) -> tuple[str, ...]:
    """How a word is written in small letters: without accents, and with a second letter for an umlaut."""
    small = word.casefold()
    other = small if small.isascii() else plain(small.translate(_UMLAUTS))
    return (plain(word),) if other == plain(word) else (plain(word), other)


def name_parts(name: str) -> tuple[str, ...]:
    """The words of a display name that can stand for the person, without what stands in brackets."""
    words = NAME_WORD.findall(_BRACKETS.sub(" ", name))
    if len(words) == 1 and UNSPACED_NAME.fullmatch(words[0]):
        return tuple(part for part in split_name(words[0]) if part)
    return tuple(word for word in words if len(word) > 1 and plain(word) not in NO_PART)


@dataclass
class Person:
    """Somebody with a placeholder, or a name that two people share."""

    number: int
    """Position among the persons, from 1; 0 of those for whom there was no room, who are not kept."""
    name: str
    """The fullest form that was seen."""
    parts: tuple[str, ...]
    """Words of the name."""
    is_rostered: bool = False
    is_shared: bool = False
    """Whether it is a name that does not tell which of several people is meant."""


@dataclass
class Persons:
    """Everybody with a placeholder, in order of first sight."""

    known: list[Person] = field(default_factory=list)
    by_part: dict[str, dict[int, Person]] = field(default_factory=dict)
    """Persons by each word of their names, in small letters without accents; of each word by their identity."""
    unspaced: Phrases = field(default_factory=Phrases)
    """Words of names in scripts that put no spaces between words, and such names as a whole."""
    _by_name: dict[str, Person] = field(default_factory=dict)
    """Those of the roster, and those of whose names no word tells them."""

    def person(self, name: str, *, is_rostered: bool = False) -> Person:
        """Who is meant by a name; somebody new where nobody known can be."""
        found = self._by_name.get(name)
        if found and (found.is_rostered or not is_rostered or not found.parts):
            return found
        parts = name_parts(name)
        return self._rostered(name, parts) if is_rostered else self._spoken(name, parts)

    def _rostered(self, name: str, parts: tuple[str, ...]) -> Person:
        same = [
            person
            for person in self._candidates(parts)
            if len(person.parts) == len(parts) and not person.is_shared
        ]
        person = same[0] if same and not same[0].is_rostered else self._smaller(parts)
        if person and not person.is_rostered:
            person.is_rostered = True
            self._grow(person, name, parts)
            return person
        return self._new(name, parts, is_rostered=True)

    def _spoken(self, name: str, parts: tuple[str, ...]) -> Person:
        candidates = self._candidates(parts)
        whole = [person for person in candidates if len(person.parts) == len(parts)]
        rostered = [person for person in candidates if person.is_rostered]
        for choice in (whole if len(parts) > 1 else [], rostered, candidates):
            if len(choice) == 1:
                return self._seen(choice[0], name, parts)
        if candidates:
            return self._shared(name, parts)
        smaller = self._smaller(parts)
        if smaller:
            self._grow(smaller, name, parts)
            return smaller
        return self._new(name, parts)

    def _candidates(self, parts: tuple[str, ...]) -> list[Person]:
        """Those whose names hold all these words, without shared names."""
        if not parts:
            return []
        first = self.by_part.get(plain(parts[0]), {})
        others = [self.by_part.get(plain(part), {}) for part in parts[1:]]
        return [
            person
            for identity, person in first.items()
            if not person.is_shared and all(identity in other for other in others)
        ]

    def _smaller(self, parts: tuple[str, ...]) -> Person | None:
        """The one person who so far was only called by a part of this name."""
        if len(parts) < 2:
            return None
        words = {plain(part) for part in parts}
        found: dict[int, Person] = {}
        for part in parts:
            for identity, person in self.by_part.get(plain(part), {}).items():
                if person.is_shared or person.is_rostered:
                    continue
                if {plain(own) for own in person.parts} < words:
                    found[identity] = person
        return next(iter(found.values())) if len(found) == 1 else None

    def _shared(self, name: str, parts: tuple[str, ...]) -> Person:
        words = [plain(part) for part in parts]
        for person in self.by_part.get(words[0], {}).values():
            if person.is_shared and [plain(part) for part in person.parts] == words:
                return person
        person = self._new(name, parts)
        person.is_shared = True
        return person

    def _seen(self, person: Person, name: str, parts: tuple[str, ...]) -> Person:
        if (
            not person.is_rostered
            and len(parts) == len(person.parts)
            and person.name.islower()
            and name != name.lower()
        ):
            person.name, person.parts = name, parts
        return person

    def _grow(self, person: Person, name: str, parts: tuple[str, ...]) -> None:
        if len(name) <= LONGEST_DISPLAY_NAME:
            person.name, person.parts = name, parts
        self._index(person)

    def _new(self, name: str, parts: tuple[str, ...], *, is_rostered: bool = False) -> Person:
        most = MOST_PERSONS if is_rostered else MOST_SPOKEN_OF
        if len(self.known) < most and len(name) <= LONGEST_DISPLAY_NAME:
            self.add(Person(number=len(self.known) + 1, name=name, parts=parts, is_rostered=is_rostered))
            return self.known[-1]
        person = Person(number=0, name=name, parts=parts, is_rostered=is_rostered)
        if is_rostered:
            self._index(person)  # so that the name is found in what is said
        return person

    def _index(self, person: Person) -> None:
        if person.is_rostered or not person.parts:
            self._by_name[person.name] = person
        for part in person.parts:
            for spelling in spellings(part):
                self.by_part.setdefault(spelling, {})[id(person)] = person
        unspaced = [part for part in person.parts if UNSPACED_NAME.search(part)]
        for phrase in (*unspaced, "".join(unspaced) if len(unspaced) == len(person.parts) else ""):
            if len(phrase) > 1:
                self.unspaced.add(phrase)

    def knows(self, name: str) -> bool:
        """Whether somebody is known whom a name can mean."""
        return bool(self._candidates(name_parts(name)))

    def add(self, person: Person) -> None:
        """Take a person over as it was kept."""
        self.known.append(person)
        self._index(person)
''', _japanese_names, _phrases,
)
# fmt: on
# endregion

# region redaction/sensitive (written by 'zoom-bridge flows build')
# fmt: off
_sensitive = compiled_once(
    'sensitive', r'''
"""What is sensitive: the kinds, what their placeholders are called, and where a text holds one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PREFIXES: Final = {
    "names": "PERSON",
    "emails": "EMAIL",
    "phones": "PHONE",
    "cards": "CARD",
    "accounts": "ACCOUNT",
    "addresses": "ADDRESS",
    "ids": "ID",
    "words": "WORD",
}
"""What a placeholder of each kind begins with."""
KINDS: Final = tuple(PREFIXES)
"""All that can be replaced.

``names`` of people on the roster and of those spoken of; ``emails``; ``phones``; ``cards`` (Luhn); ``accounts`` (IBAN by
its check digits, and numbers that are called a bank account); ``addresses`` (street and house number, IP addresses, and
URLs that name an account or carry a query); ``ids`` by patterns of one's own; ``words`` of a list of one's own.
"""
LITERAL: Final = "literal"
"""The kind of a text that looks like a placeholder and was said by somebody; it is not sensitive, and not counted."""
LITERAL_PREFIX: Final = "QUOTED"


class RedactionError(ValueError):
    """Why redaction cannot be done as it was asked for; never with words of a meeting."""


@dataclass(frozen=True)
class Span:
    """A sensitive stretch of a text."""

    start: int
    end: int
    kind: str
    key: str
    """What is the same for the same thing, however it is written; the text itself where it is empty, as of names."""
''',
)
# fmt: on
# endregion

# region redaction/placeholders (written by 'zoom-bridge flows build')
# fmt: off
_placeholders = compiled_once(
    'placeholders', r'''
"""The key of a meeting's placeholders: which real text each stands for, and how it is put back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final




LATIN: Final = "A-Za-z0-9\u00aa\u00b5\u00ba\u00c0-\u024f"
"""Characters that a placeholder must not touch; scripts without spaces may."""
PREFIX_KINDS: Final = {prefix: kind for kind, prefix in PREFIXES.items()} | {LITERAL_PREFIX: LITERAL}
_PREFIX: Final = "|".join(PREFIX_KINDS)
PLACEHOLDER: Final = re.compile(
    rf"(?<![{LATIN}])(?<![{LATIN}][_＿])(?<![{LATIN}]__)"
    rf"(?:(?P<any>(?i:{_PREFIX}))\\?[_＿]|(?P<upper>{_PREFIX})[ \u00a0-]?)"
    rf"(?P<number>\d{{1,6}})(?=s?(?![{LATIN}]|[_＿]+[{LATIN}]))"
)
"""A placeholder as we and as models write it: ``PERSON_2``, ``Person_2``, ``PERSON 2``, ``PERSON\\_2``, ``**PERSON_2's**``."""
CLINGING: Final = re.compile(rf"(?<![_＿{LATIN}])[_＿]*[{LATIN}](?:[{LATIN}]|[_＿]+(?=[{LATIN}]))*")
"""What a placeholder must not end before or in, lest it is not known again: but before a last ``s`` it may."""
BEGINS_CLEAR: Final = re.compile(rf"(?<![{LATIN}])(?<![{LATIN}][_＿])(?<![{LATIN}]__)")
"""What must stand before one."""
MOST_OF_A_KIND: Final = 1_000
"""Texts of a kind beyond which there is one placeholder for all others."""
MOST_OF_CHARACTERS: Final = 50_000
"""Of the texts of a kind together, likewise."""


class Placeholders:
    """The placeholders of one meeting, by kind in order of first sight.

    The same thing has the same placeholder, however it is written. It is the only place where real texts and
    placeholders meet: keep it where the meeting is kept, and delete it with it.

    There is room for so many of each kind, as whoever chats may make up any number. What comes beyond is replaced by
    the kind's ``EMAIL_0``, which stands for nothing and is not put back.
    """

    def __init__(self) -> None:
        self.persons = Persons()
        self._numbers: dict[str, dict[str, int]] = {kind: {} for kind in (*KINDS, LITERAL)}
        self._texts: dict[str, list[str]] = {kind: [] for kind in (*KINDS, LITERAL)}
        self._characters: Counter[str] = Counter()

    @classmethod
    def of(cls, rows: Iterable[dict[str, Any]]) -> Placeholders:
        """Read the key as :meth:`rows` wrote it.

        Raises:
            RedactionError: A row is none of ours.
        """
        key = cls()
        for row in rows:
            try:
                key._take(row)
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise RedactionError("A row of the key of placeholders cannot be read.") from error
        return key

    def rows(self) -> list[dict[str, Any]]:
        """The key as JSON values, one for each placeholder; a later call's rows begin with the same placeholders."""
        people = [
            {
                "placeholder": f"{PREFIXES['names']}_{person.number}",
                "kind": "names",
                "text": person.name,
                "parts": list(person.parts),
                "is_rostered": person.is_rostered,
                "is_shared": person.is_shared,
            }
            for person in self.persons.known
        ]
        return people + [
            {
                "placeholder": f"{_prefix(kind)}_{number}",
                "kind": kind,
                "text": self._texts[kind][number - 1],
                "key": key,
            }
            for kind, numbers in self._numbers.items()
            for key, number in numbers.items()
        ]

    def add_person(self, name: str) -> str:
        """The placeholder of somebody on the roster."""
        return f"{PREFIXES['names']}_{self.persons.person(name, is_rostered=True).number}"

    def placeholder(self, kind: str, text: str, key: str = "") -> str:
        """The placeholder of a text; a new one at first sight.

        Args:
            kind: One of :data:`KINDS`, or :data:`LITERAL`.
            text: As it stands; what is put back is the form that was seen first, of a person the fullest.
            key: The same for the same thing; the text unless given.
        """
        if kind == "names":
            return f"{PREFIXES[kind]}_{self.persons.person(text).number}"
        number = self._numbers[kind].get(key or text)
        if number is None:
            is_room = len(self._texts[kind]) < MOST_OF_A_KIND
            size = self._characters[kind] + len(text)
            number = self._add(kind, text, key) if is_room and size <= MOST_OF_CHARACTERS else 0
        return f"{_prefix(kind)}_{number}"

    def told(self) -> Iterator[tuple[str, str, str]]:
        """What is put back, with its kind and key."""
        yield from ((person.name, "names", "") for person in self.persons.known)
        for kind in KINDS:
            for key, number in self._numbers[kind].items():
                yield self._texts[kind][number - 1], kind, key

    def _add(self, kind: str, text: str, key: str) -> int:
        self._texts[kind].append(text)
        self._characters[kind] += len(text)
        self._numbers[kind][key or text] = len(self._texts[kind])
        return len(self._texts[kind])

    def real(self, prefix: str, number: int) -> str | None:
        """The text that a placeholder stands for; ``None`` where it is none of ours."""
        kind = PREFIX_KINDS[prefix]
        known = self.persons.known if kind == "names" else self._texts[kind]
        if not 0 < number <= len(known):
            return None
        found = known[number - 1]
        return found.name if isinstance(found, Person) else found

    def _take(self, row: dict[str, Any]) -> None:
        kind, text = row["kind"], row["text"]
        if not isinstance(text, str):
            raise TypeError
        if kind == "names":
            person = Person(
                number=len(self.persons.known) + 1,
                name=text,
                parts=tuple(row["parts"]),
                is_rostered=bool(row["is_rostered"]),
                is_shared=bool(row["is_shared"]),
            )
            told = f"{PREFIXES['names']}_{person.number}"
            self.persons.add(person)
        else:
            key = row["key"]
            told = f"{_prefix(kind)}_{self._numbers[kind].get(key or text) or self._add(kind, text, key)}"
        if told != row["placeholder"]:
            raise ValueError


def put_back(text: str, placeholders: Placeholders) -> str:
    """Write the real texts in the place of placeholders, also where a model wrote these a little differently.

    A placeholder that is none of the meeting's stays. What is put back is not read again. Linear in the text.
    """

    def real(match: re.Match[str]) -> str:
        found = placeholders.real((match["any"] or match["upper"]).upper(), int(match["number"]))
        return match[0] if found is None else found

    return PLACEHOLDER.sub(real, text)


def put_back_value(value: Any, placeholders: Placeholders) -> Any:
    """Put back in every text of a value of dicts and lists; a dict's keys stay. The value itself is not changed."""
    if isinstance(value, str):
        return put_back(value, placeholders)
    if isinstance(value, dict):
        return {key: put_back_value(entry, placeholders) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [put_back_value(entry, placeholders) for entry in value]
    return value


def _prefix(kind: str) -> str:
    return PREFIXES.get(kind, LITERAL_PREFIX)
''', _persons, _sensitive,
)
# fmt: on
# endregion

# region shared/put_back (written by 'zoom-bridge flows build')
# fmt: off
_put_back = compiled_once(
    'put_back', r'''
"""Real words in the place of placeholders, where a redacted meeting's flow says something to people.

Words can be replaced in two places, each with a key of its own: in the flow, by Zoom Redactor, which keeps its key in
the meeting's rows of the message table; and by the bridge, for a route with ``redact``, which gives its key along with
each run, as global variables that nothing else asks for. What was replaced last is put back first.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any, Final

from lfx.schema.data import Data
from lfx.schema.message import Message





KEY_TOPIC: Final = "zoom-redaction"
KEY: Final = "key"
"""Name of the row that has Zoom Redactor's key."""
RUN_KEY: Final = "zoom_redaction_key"
"""What the key is called in the graph's context, for a Langflow that keeps nothing."""
VARIABLES: Final = "ZOOM-PLACEHOLDERS-"
"""Begins the names of the global variables with the bridge's key, packed in pieces; ``bridge/flow/request.py`` writes them."""
MOST_BYTES: Final = 16 * 1024 * 1024
"""Of a key that is unpacked."""
IDS: Final = ("schema", "window_id", "session_id", "route", "kind")
"""Fields of news that nobody said."""
PUT_BACK: Final = "put_back"
"""Mark of news that have real words: what somebody has said that looks like a placeholder must not be read as one."""


async def words_of(component: Any, value: Any, session_id: str = "") -> Any:
    """Give a text, message or data with the words that were said; as it is where nothing was replaced.

    Args:
        component: The one that tells people; it names the session where neither the argument nor the value does.
        value: Text, Message or Data.
        session_id: The meeting's.

    Raises:
        RedactionError: A key is not of the form that is known here.
    """
    session_id = session_id or named_in(value) or str(getattr(run_graph(component), "session_id", "") or "")
    keys = await keys_of(component, session_id)
    for key in keys:
        value = with_words(value, key)
    if keys and isinstance(value, Data) and value.data.get("schema") == NEWS_SCHEMA:
        return Data(data=value.data | {PUT_BACK: True})
    return value


async def keys_of(component: Any, session_id: str) -> list[Placeholders]:
    """Find the keys, that of Zoom Redactor first."""
    context = getattr(run_graph(component), "context", None) or {}
    row = await Rows(session_id, KEY_TOPIC).first(KEY) if session_id else None
    kept = [row.content if row else context.get(RUN_KEY), given_key(context.get("request_variables") or {})]
    return [Placeholders.of(rows) for rows in kept if rows]


def given_key(variables: dict[str, str]) -> list[dict[str, Any]]:
    """Unpack the key that came with the run; empty without."""
    pieces: list[str] = []
    while (piece := variables.get(f"{VARIABLES}{len(pieces) + 1}")) is not None:
        pieces.append(piece)
    if not pieces:
        return []
    packed = base64.b64decode("".join(pieces))
    rows: list[dict[str, Any]] = json.loads(zlib.decompressobj().decompress(packed, MOST_BYTES))
    return rows


def with_words(value: Any, key: Placeholders) -> Any:
    """Put back in a value of any of its forms, without changing it."""
    if isinstance(value, Message):
        text = value.get_text()
        if not isinstance(text, str):  # a stream of pieces, which none of ours can tell people
            return value
        return value.model_copy(update={"data": {**value.data, "text": put_back(text, key)}})
    if isinstance(value, Data):
        if value.data.get(PUT_BACK):
            return value
        ids = {name: value.data[name] for name in IDS if name in value.data}
        return Data(data=put_back_value(value.data, key) | ids)
    return put_back_value(value, key)


def named_in(value: Any) -> str:
    """Name the session that a message or data tells; empty without."""
    told = value.data.get("session_id") if isinstance(value, Data) else getattr(value, "session_id", "")
    return str(told or "")


def run_graph(component: Any) -> Any:
    """Give the graph that a component runs in; ``None`` where it is used alone."""
    return component.graph if component._vertex is not None else None
''', _placeholders, _message_table, _schemas,
)
(
    named_in,
    words_of,
) = (
    _put_back.named_in,
    _put_back.words_of,
)
# fmt: on
# endregion


class ZoomPutBack(Component):
    """Stands behind a model, an Agent or any other component of a redacted meeting's flow, before what tells people.

    Zoom Chat Output, Zoom Record Sync and Zoom News Text need none: they put back by themselves.
    """

    display_name = "Zoom Put Back"
    description = (
        "Gives the placeholders of a redacted Zoom meeting their real words back, before people are told."
    )
    documentation = "https://developers.zoom.us/docs/rtms/"
    icon = "Zoom"
    name = "ZoomPutBack"

    inputs = [
        HandleInput(
            name="value",
            display_name="Message or Data",
            info="What a model, an Agent or any other component says, with placeholders such as PERSON_2.",
            input_types=["Message", "Data", "JSON"],
            required=True,
        ),
    ]
    outputs = [
        Output(name="text", display_name="Text", method="give_text", group_outputs=True),
        Output(name="data", display_name="Data", method="give_data", group_outputs=True),
    ]

    async def give_text(self) -> Message:
        """Give the text with the words that were said."""
        value = await words_of(self, self.value)
        text = value.get_text() if isinstance(value, Data) else str(value or "")
        self.status = f"{len(text)} characters"
        return Message(text=text, session_id=named_in(self.value) or None)

    async def give_data(self) -> Data:
        """Give the data with the words that were said; a text as its ``text``."""
        value = await words_of(self, self.value)
        if isinstance(value, Data) and not isinstance(value, Message):
            return Data(data=dict(value.data))
        return Data(data={"text": value.get_text() if isinstance(value, Message) else str(value or "")})
