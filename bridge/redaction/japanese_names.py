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
